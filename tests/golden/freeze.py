"""Prints tests/unit/hash/pdq_vectors.h: hashes of drawn pictures by the PyPI package pdqhash.

Usage: freeze.py > tests/unit/hash/pdq_vectors.h
"""

import numpy as np
import pdqhash

from pictures import KINDS, blurred, draw

SIZES = [(64, 64), (512, 512), (300, 199), (129, 512), (5, 5), (512, 7)]


def hexed(bits):
    return np.packbits(np.asarray(bits, dtype=np.uint8)).tobytes().hex()


def main():
    print("/* Drawn by tests/golden/freeze.py: hashes of pictures.h by the PyPI package pdqhash, in the")
    print(" * order of enum strategy. */")
    print("/* clang-format off */")
    print("static const struct {")
    print("    enum picture_kind kind;")
    print("    uint32_t width, height, quality;")
    print("    const char *hash[DIHEDRALS];")
    print("} pdq_vectors[] = {")
    for kind in KINDS:
        for width, height in SIZES:
            picture = draw(kind, width, height)
            hashes, quality = pdqhash.compute_dihedral(picture)
            if quality < 50 and blurred(picture).any():
                continue
            print(f"    {{{kind}, {width}, {height}, {int(quality)}, {{")
            for bits in hashes:
                print(f'        "{hexed(bits)}",')
            print("    }},")
    print("};")
    print("/* clang-format on */")


if __name__ == "__main__":
    main()
