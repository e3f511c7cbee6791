"""Pictures for tests, drawn and written as PNG with nothing but the standard library."""

import struct
import zlib


def _mixed(x, y, seed):
    """A fixed byte for a corner of the grid."""
    h = (x * 0x9E3779B1 ^ y * 0x85EBCA77 ^ seed * 0xC2B2AE3D) & 0xFFFFFFFF
    h = ((h ^ h >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
    h = ((h ^ h >> 12) * 0x297A2D39) & 0xFFFFFFFF
    return (h ^ h >> 15) & 255


def clouds(seed, width=96, height=96, cell=12):
    """Smooth random blobs, grey, as rows of bytes: much detail for PDQ, unlike for each seed."""
    rows = []
    for y in range(height):
        j, v = divmod(y, cell)
        row = bytearray()
        for x in range(width):
            i, u = divmod(x, cell)
            top = _mixed(i, j, seed) * (cell - u) + _mixed(i + 1, j, seed) * u
            low = _mixed(i, j + 1, seed) * (cell - u) + _mixed(i + 1, j + 1, seed) * u
            row.append((top * (cell - v) + low * v) // (cell * cell))
        rows.append(bytes(row))
    return rows


def flat(value=128, width=96, height=96):
    """One grey: nothing for PDQ to see."""
    return [bytes([value]) * width] * height


def mirrored(rows):
    """Left and right swapped."""
    return [row[::-1] for row in rows]


def turned(rows):
    """By 90 degrees clockwise."""
    return [bytes(column) for column in zip(*rows[::-1])]


def inverted(rows):
    """In negative."""
    return [bytes(255 - value for value in row) for row in rows]


def brighter(rows, by=9):
    """Another file, the same picture."""
    return [bytes(min(255, value + by) for value in row) for row in rows]


def framed(rows, border, value=0):
    """With a border around it."""
    side = bytes([value]) * border
    flat_row = bytes([value]) * (len(rows[0]) + 2 * border)
    return [flat_row] * border + [side + row + side for row in rows] + [flat_row] * border


def beside(left, right):
    """Two pictures of the same height, side by side."""
    return [a + b for a, b in zip(left, right)]


def in_app(rows, seed=1):
    """As an app shows it: in the upper half of a white page, over the whole width, words around it."""
    width = len(rows[0])

    def words(y, lines):
        blank = b"\xff" * width
        out = [blank] * (lines * 12)
        for line in range(lines):
            for k in range(7):
                out[line * 12 + k] = b"".join(
                    b"\x28\xff" if _mixed(x, y + line * 12 + k, seed) % 3 else b"\xff\xff"
                    for x in range(width // 2)
                ) + b"\xff" * (width % 2)
        return out

    return words(0, 4) + list(rows) + words(500, 24)


def plaid(width=96, height=96, cell=8):
    """A pattern that repeats itself: PDQ says that its quality is best."""
    return [
        bytes(20 + x // cell % 3 * 60 + y // cell % 3 * 50 for x in range(width)) for y in range(height)
    ]


def _chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(rows, level=6):
    """Rows of grey bytes as a PNG file."""
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), level)
    parts = [_chunk(b"IHDR", head), _chunk(b"IDAT", pixels), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
