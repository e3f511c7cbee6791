"""Writes the seeds of fuzz_wire_reply into corpora/wire_reply: a message of each kind, whole and cut."""

import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpora" / "wire_reply"


def head(kind: bytes, field: int = 0) -> bytes:
    """Magic, version and the two bytes behind it."""
    return b"LMW" + kind + struct.pack("<HH", 2, field)


def hello(layers: int, landlock: int, failed: int) -> bytes:
    """What a worker says first."""
    return head(b"H") + struct.pack("<IIIIQ", layers, landlock, 15, failed, 0)


def reply(count: int) -> bytes:
    """A reply about a JPEG of 64 × 48 with `count` candidates."""
    out = head(b"R") + struct.pack("<QBBHIIIIIIIQ", 1, 0, 1, 0, 1, 64, 48, 2, 0, 0, count, 0)
    out += bytes(64 * 64)
    for i in range(count):
        out += struct.pack("<BBHIIIII", 0, 100, i, 0, 0, 64, 48, i) + bytes([i + 1]) * 256
    return out


REQUEST = head(b"Q") + struct.pack("<QIIQQII", 1, 1, 15, 1000, 50000000, 3000, 16)

SEEDS = {
    "hello": hello(255, 7, 0),
    "hello-failed": hello(1, 0, 128),
    "request": REQUEST,
    "request-cut": REQUEST[:40],
    "reply": reply(2),
    "reply-cut": reply(2)[:-1],
    "reply-empty": reply(0),
    "sniff-heif": b"\0\0\0\x18ftypheic",
    "sniff-webp": b"RIFF\4\0\0\0WEBP",
}

for name, content in SEEDS.items():
    (FOLDER / name).write_bytes(content)
