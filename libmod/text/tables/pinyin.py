"""Makes pinyin_table.c: how Chinese characters are read in Mandarin, without tones.

usage: pinyin.py > libmod/text/pinyin_table.c
"""

import bz2
import re
import sys
import unicodedata
from collections import Counter

import sources
from generate import array

READINGS = sources.UCD / "Unihan_Readings.txt.bz2"
BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000))  # pinyin_table.h says the same
MORE, STATES = 81, 496  # and these
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Read so where it is no particle, or as everybody types it.
HOUSE = {"地": "di", "嗯": "en"}
# How people type a syllable that has "v" for "ü" here.
TYPED = {"nue": "nve", "lue": "lve"}


def toneless(reading):
    """'nǚ' as 'nv'."""
    text = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(c for c in text if unicodedata.category(c) != "Mn")


def is_syllable(text):
    """Not what has no vowel: sounds that are written otherwise."""
    return re.fullmatch("[a-z]+", text) and re.search("[aeiouv]", text)


def readings():
    """For each character its syllables, the usual one first."""
    found = {name: {} for name in ("kHanyuPinlu", "kTGHZ2013", "kMandarin")}
    try:
        with bz2.open(READINGS, "rt", encoding="utf-8") as f:
            head = [next(f) for _ in range(8)]
            if not any(sources.UNICODE in line for line in head):
                raise sources.Missing(f"{READINGS.name} is not of Unicode {sources.UNICODE}")
            for line in f:
                fields = line.rstrip("\n").split("\t")
                if len(fields) == 3 and fields[1] in found:
                    found[fields[1]][int(fields[0][2:], 16)] = fields[2].split()
    except OSError as e:
        raise sources.Missing(f"unicode-data: {e.strerror}: {READINGS.name}") from e
    return {c: ranked(*(readings.get(c, []) for readings in found.values()), HOUSE.get(chr(c)))
            for c in set().union(*found.values()) if any(c in block for block in BLOCKS)}


def ranked(counted, listed, named, house):
    """The syllables of one character: as often as they were counted, else the only one in the standard
    list of characters, else the first that is named."""
    uses = Counter()
    for entry in counted:
        reading, _, count = entry.rstrip(")").partition("(")
        uses[toneless(reading)] += int(count)
    usual = [s for s, _ in uses.most_common() if is_syllable(s)]
    only = {toneless(entry.partition(":")[2]) for entry in listed}
    if not usual and len(only) == 1:
        usual = [s for s in only if is_syllable(s)]
    usual = usual or [s for s in map(toneless, named) if is_syllable(s)][:1]
    return [house, *(s for s in usual if s != house)] if house else usual


def trie(numbers):
    """States of 26 letters and the syllable that ends there; state 0 is the start."""
    states = [[0] * 27]
    for text, number in numbers.items():
        at = 0
        for c in text:
            to = states[at][LETTERS.index(c)]
            if not to:
                to = states[at][LETTERS.index(c)] = len(states)
                states.append([0] * 27)
            at = to
        states[at][26] = number
    return states


def table():
    """The file."""
    read = readings()
    syllables = sorted({s for found in read.values() for s in found})
    numbers = {s: i + 1 for i, s in enumerate(syllables)}
    first = [numbers[read[c][0]] if read.get(c) else 0 for block in BLOCKS for c in block]
    more = [(c, numbers[s]) for c in sorted(read) for s in read[c][1:]]
    states = trie(numbers | {text: numbers[s] for text, s in TYPED.items()})
    assert (len(more), len(states)) == (MORE, STATES)
    return "\n".join([
        f"/* Readings of {sum(map(bool, first))} Chinese characters by {len(syllables)} syllables, "
        f"Unicode {sources.UNICODE}. Written by\n * tables/pinyin.py: do not edit. */",
        '#include "text/pinyin_table.h"\n\n/* clang-format off */',
        array("uint16_t", "pinyin_first", "PINYIN_CHARACTERS", first),
        array("struct pinyin_more", "pinyin_more", "PINYIN_MORE",
              [f"{{{c}\u00a0{s}}}" for c, s in more]).replace("\u00a0", ", "),
        array("uint16_t", "pinyin_letters", "PINYIN_STATES * PINYIN_LETTERS", sum(states, []))
        + "/* clang-format on */\n",
    ])


def main():
    """Prints the table."""
    try:
        print(table(), end="")
    except sources.Missing as e:
        sys.exit(str(e))


if __name__ == "__main__":
    main()
