"""Makes fold_table.c: what the fold view puts in place of every code point.

usage: generate.py > libmod/text/fold_table.c
"""

import sys
import textwrap

import house
import sources

BLOCK = 128  # code points of a block; fold_table.h says the same
PLAIN, MARK, JOIN = 0, 1, 2  # enum fold_kind
VOICED = "\u3099\u309a"
LEADING = [chr(c) for c in range(0x1100, 0x1113)]
JAMO = [chr(c) for c in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))]


class Fold:
    """The mapping of single code points."""

    def __init__(self):
        self.ucd = sources.Unicode()
        self.skeleton = sources.Skeleton()
        self.simplified = sources.Simplified()
        self.house = dict(house.pairs())
        ucd = self.ucd
        for c in range(0x110000):
            if c in ucd.space:
                self.house[chr(c)] = " "
            elif ucd.category.get(c) == "Cc":
                self.house[chr(c)] = ""
            elif c in ucd.digit:
                self.house[chr(c)] = ucd.digit[c]
            elif 0x2776 <= c <= 0x2793 or 0x24EB <= c <= 0x24FF:  # ringed numbers
                self.house[chr(c)] = ucd.number[c]

    def is_mark(self, c):
        """A mark that stays only behind a letter of its own script."""
        return self.ucd.category.get(ord(c), "Lo")[0] == "M" and not self.is_ornament(c)

    def is_ornament(self, c):
        """A mark that goes."""
        if self.ucd.category.get(ord(c), "Lo")[0] != "M" or c in VOICED:
            return False
        return self.ucd.script.get(ord(c)) in house.STRIPPED_MARKS

    def plain(self, text):
        """Without ornaments."""
        return "".join(c for c in self.ucd.decompose(text) if not self.is_ornament(c))

    def look(self, c):
        """The ASCII that a folded character looks like, or itself."""
        script, category = self.ucd.script.get(ord(c)), self.ucd.category.get(ord(c), "Lo")
        if script not in house.LOOK_SCRIPTS or category == "Sc":
            return c
        letter = category[0] == "L"
        for form in (c, self.ucd.upper.get(ord(c), c)):
            found = self.plain(self.skeleton.of(form))
            if letter and (not found.isalpha() or (len(found) > 1 and script != "Latin")):
                continue  # a letter is not a digit, and yu is not "lo"
            if found.isascii() and found:
                return "|" if found == "l" and not letter else found.lower()
        return c

    def once(self, c):
        """One round over one character."""
        if c in self.house:
            return self.house[c]
        if c.isascii():
            return c.lower()
        if c in house.WHOLE:
            return c
        out = ""
        for x in self.plain(self.ucd.casefold.get(ord(c), c)):
            if x in self.house:
                out += self.house[x]
            elif x.isascii():
                out += x
            elif self.ucd.script.get(ord(x)) == "Han":
                out += self.simplified.of(x)
            else:
                out += self.look(x)
        return out

    def of(self, c):
        """Rounds until nothing changes, so that folding twice is folding once."""
        text = c
        for _ in range(8):
            more = "".join(self.once(x) for x in text)
            if more == text:
                return text
            text = more
        sys.exit(f"U+{ord(c):04X} does not come to rest: {text!r}")

    def kind(self, text):
        """How the first character of a mapping behaves behind the one before it."""
        if text[:1] in [*VOICED, *JAMO] and text:
            return JOIN
        return MARK if text and self.is_mark(text[0]) else PLAIN


def settle(fold, text):
    """Inside one mapping, a contextual character stands as the view would leave it."""
    if len(text) > 1:
        text = text[0] + "".join(
            c for i, c in enumerate(text[1:]) if fold.kind(c) == PLAIN or near(text[i], c, fold)
        )
    return text


def near(before, c, fold):
    """The rule of fold.c: a mark stays within 256 code points of a letter beyond U+0700."""
    return fold.kind(c) == MARK and ord(before) >= 0x700 and abs(ord(before) - ord(c)) < 256


def entries(fold):
    """The mapped code points: (kind, UTF-8)."""
    found = {}
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000 or 0xAC00 <= c < 0xD7A4 or 0xE000 <= c < 0xF900:
            continue
        text = settle(fold, fold.of(chr(c)))
        kind = fold.kind(text)
        if text in LEADING:  # may close the syllable before it
            kind = JOIN
        if kind == JOIN and len(text) > 1:
            sys.exit(f"U+{c:04X}: joins and is longer than one: {text!r}")
        if text != chr(c) or kind != PLAIN:
            found[c] = (kind, text.encode())
    return found


def layout(found):
    """Pool of strings, blocks of offsets into it, and the index of blocks."""
    pool, where, blocks, numbers, index = bytearray(b"\0"), {}, [], {}, []
    for first in range(0, 0x110000, BLOCK):
        block = []
        for c in range(first, first + BLOCK):
            entry = found.get(c)
            if entry and entry not in where:
                where[entry] = len(pool)
                assert len(entry[1]) < 64
                pool += bytes([entry[0] << 6 | len(entry[1])]) + entry[1]
            block.append(where[entry] if entry else 0)
        key = tuple(block)
        if key not in numbers:
            numbers[key] = len(blocks)
            blocks.append(block)
        index.append(numbers[key])
    assert len(pool) < 65536
    return pool, blocks, index


def array(kind, name, size, numbers):
    """A C array."""
    text = textwrap.fill(",".join(map(str, numbers)).replace(",", ", "), 100)
    return f"const {kind} {name}[{size}] = {{\n{text},\n}};\n"


def main():
    """Prints the table."""
    try:
        fold = Fold()
    except sources.Missing as e:
        sys.exit(str(e))
    found = entries(fold)
    pool, blocks, index = layout(found)
    print(
        f"/* The fold view's mapping of {len(found)} code points, Unicode {sources.UNICODE}. Written by "
        "tables/generate.py:\n * do not edit. */"
    )
    print('#include "text/fold_table.h"\n\n/* clang-format off */')
    print(array("uint16_t", "fold_index", len(index), index))
    print(array("uint16_t", "fold_blocks", f"{len(blocks)} * {BLOCK}", sum(blocks, [])))
    print(array("uint8_t", "fold_pool", len(pool), pool), end="/* clang-format on */\n")


if __name__ == "__main__":
    main()
