"""The pictures of tests/unit/hash/pictures.h, drawn with numpy."""

import numpy as np

KINDS = ["FLAT", "STEPS", "PLAID", "RINGS", "NOISE", "CLOUDS", "FAINT", "HALVES"]
M = 0xFFFFFFFF


def mixed(x, y, c):
    h = (x * 0x9E3779B1 & M) ^ (y * 0x85EBCA77 & M) ^ (c * 0xC2B2AE3D & M)
    h ^= h >> 15
    h = h * 0x2C1B3C6D & M
    h ^= h >> 12
    return h >> 24


def blended(x, y, c, cell):
    i, j, u, v = x // cell, y // cell, x % cell, y % cell
    above = mixed(i, j, c) * (cell - u) + mixed(i + 1, j, c) * u
    below = mixed(i, j + 1, c) * (cell - u) + mixed(i + 1, j + 1, c) * u
    return (above * (cell - v) + below * v) // (cell * cell)


def draw(kind, width, height):
    """An RGB picture as an array of height x width x 3 bytes."""
    y, x, c = np.meshgrid(
        np.arange(height, dtype=np.uint64),
        np.arange(width, dtype=np.uint64),
        np.arange(3, dtype=np.uint64),
        indexing="ij",
    )
    value = {
        "FLAT": lambda: 90 + 50 * c,
        "STEPS": lambda: x * 8 // width * 32,
        "PLAID": lambda: np.where(((x // 9) ^ (y // 13)) & 1, 200, 40),
        "RINGS": lambda: (x * x + y * y) // (97 + 8 * c),
        "NOISE": lambda: mixed(x, y, c),
        "CLOUDS": lambda: (blended(x, y, c, 48) * 3 + blended(x, y, c, 11)) // 4,
        "FAINT": lambda: 100 + mixed(x, y, 0 * c) % 2,
        "HALVES": lambda: np.where(x < width // 2, 0, 255),
    }[kind]()
    return (value & 255).astype(np.uint8)


def blurred(picture):
    """Where pdqhash does not see what the reference tool sees.

    It computes the luma in double precision, the tool in single: the last bit may differ, and a
    picture with hardly any content is nothing but last bits.
    """
    r, g, b = (picture[:, :, i] for i in range(3))
    single = [np.float32(k) * v.astype(np.float32) for k, v in ((0.299, r), (0.587, g), (0.114, b))]
    double = (r * 0.299 + g * 0.587 + b * 0.114).astype(np.float32)
    return single[0] + single[1] + single[2] != double


def settled(picture):
    """The picture with slightly other colours where that makes both lumas equal."""
    picture = np.ascontiguousarray(picture)
    attempt = 0
    while (wrong := blurred(picture)).any():
        picture[:, :, 1 if attempt % 8 == 7 else 2] += wrong
        attempt += 1
    return picture
