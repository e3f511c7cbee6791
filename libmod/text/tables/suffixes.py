"""Writes suffix_table.c: the public suffixes of Debian's `publicsuffix` data as a tree of labels.

usage: suffixes.py > libmod/text/suffix_table.c

A node is its flags, the length of its label, the label, and, when it has children, the size of them in
three bytes, high first, and they. Siblings are sorted; where the top ones begin is an array beside. Labels of other scripts stand in both spellings.
"""

import sys
import textwrap
from pathlib import Path

LIST = Path("/usr/share/publicsuffix/public_suffix_list.dat")
NOTICE = """ *
 * SPDX-License-Identifier: MPL-2.0
 * Made from the Public Suffix List, https://publicsuffix.org/list/. This file, and no other of libmod, is
 * subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed
 * with this file, You can obtain one at https://mozilla.org/MPL/2.0/. See NOTICE. */
"""
RULE, EXCEPTION, WILDCARD, CHILDREN = 1, 2, 4, 8


class Missing(Exception):
    """The list is not installed."""


def rules():
    """The list's rules."""
    try:
        text = LIST.read_text(encoding="utf-8")
    except OSError as e:
        raise Missing("publicsuffix is not installed") from e
    found = []
    for line in text.splitlines():
        rule = line.partition("//")[0].split()
        if rule:
            found.append(rule[0].lower())
    return found


def ascii_form(rule):
    """The rule in punycode."""
    return ".".join(
        x if x.isascii() else x.encode("idna").decode("ascii") for x in rule.split(".")
    )


def add(tree, rule):
    """One rule into the tree of {label: [flags, children]}."""
    flag = RULE
    if rule.startswith("!"):
        rule, flag = rule[1:], EXCEPTION
    elif rule.startswith("*."):
        rule, flag = rule[2:], WILDCARD
    node, children = None, tree
    for label in reversed(rule.split(".")):
        node = children.setdefault(label.encode(), [0, {}])
        children = node[1]
    node[0] |= flag


def pack(children, places=None):
    """The bytes of sorted children; `places` gets where each begins."""
    out = bytearray()
    for label in sorted(children):
        flags, more = children[label]
        if places is not None:
            places.append(len(out))
        out += bytes([flags | (CHILDREN if more else 0), len(label)]) + label
        if more:
            packed = pack(more)
            out += len(packed).to_bytes(3, "big") + packed
    return bytes(out)


def array(kind, name, numbers):
    """A C array."""
    text = textwrap.fill(",".join(map(str, numbers)).replace(",", ", "), 100)
    return f"const {kind} {name}[{len(numbers)}] = {{\n{text},\n}};\n"


def table():
    """The source of the table."""
    found = rules()
    tree, places = {}, []
    for rule in found:
        add(tree, rule)
        if not rule.isascii():
            prefix = rule[: len(rule) - len(rule.lstrip("!*."))]
            add(tree, prefix + ascii_form(rule[len(prefix) :]))
    packed = pack(tree, places)
    head = (
        f"/* {len(found)} public suffix rules. Written by tables/suffixes.py: do not edit.\n"
        f"{NOTICE}"
        '#include "text/suffix.h"\n\n'
    )
    return (
        head
        + "/* clang-format off */\n"
        + array("uint32_t", "suffix_top", places)
        + f"const uint32_t suffix_top_size = {len(places)};\n"
        + array("uint8_t", "suffix_tree", packed)
        + "/* clang-format on */\n"
    )


def main():
    """Prints the table."""
    try:
        print(table(), end="")
    except Missing as e:
        sys.exit(str(e))


if __name__ == "__main__":
    main()
