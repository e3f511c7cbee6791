"""PDQ of drawn pictures against the PyPI package pdqhash, an independent implementation.

Usage: test_generated.py GOLDEN_RAW. Both sides of every picture are at most 512 pixels: beyond
that pdqhash does not sample as the reference tool does.
"""

import subprocess
import sys

from tap import Tap, skip_all

try:
    import numpy as np
    import pdqhash
except ImportError as missing:
    skip_all(f"needs the PyPI packages numpy and pdqhash: {missing}")

from freeze import hexed
from pictures import KINDS, draw, settled

SIZES = [
    (512, 512), (511, 509), (512, 5), (5, 512), (64, 64), (65, 63), (128, 128), (129, 127),
    (256, 257), (385, 384), (320, 240), (97, 401), (5, 5), (6, 11), (31, 500), (4, 4), (1, 300),
]  # fmt: skip


def mixtures():
    """Pictures with content of their own: blends of what can be drawn, with bars and rounding."""
    random = np.random.default_rng(1)
    for _ in range(200):
        width, height = (int(n) for n in random.integers(5, 513, 2))
        one, other = (draw(KINDS[k], width, height) for k in random.integers(0, len(KINDS), 2))
        share = float(random.random())
        picture = (one * share + other * (1 - share)).astype(np.uint8)
        if random.random() < 0.3:
            picture[: height // 5] = random.integers(0, 256, 3)
        yield settled(picture)


def ours(program, pictures):
    """Each picture's quality and hashes by libmod."""
    heads = (b"%d %d 3 1\n" % (p.shape[1], p.shape[0]) for p in pictures)
    stream = b"".join(head + p.tobytes() for head, p in zip(heads, pictures))
    return subprocess.run([program], input=stream, stdout=subprocess.PIPE, check=True).stdout.decode().split()


def theirs(picture):
    hashes, quality = pdqhash.compute_dihedral(picture)
    return ",".join([str(int(quality)), *(hexed(h) for h in hashes)])


def compare(tap, program, name, pictures):
    lines = ours(program, pictures)
    expected = [theirs(p) for p in pictures]
    wrong = [
        f"{p.shape}:\n  ours   {line}\n  theirs {want}"
        for p, line, want in zip(pictures, lines, expected)
        if line != want
    ]
    tap.check(f"{name}: {len(pictures)} pictures", len(lines) == len(expected) and not wrong, "\n".join(wrong))


def main():
    tap = Tap()
    program = sys.argv[1]
    for kind in KINDS:
        compare(tap, program, kind.lower(), [settled(draw(kind, *size)) for size in SIZES])
    compare(tap, program, "mixtures", list(mixtures()))
    tap.end()


if __name__ == "__main__":
    main()
