"""Hostile files through the library: a verdict in time, a host that lives, and no false "complete".

Generated bombs run anywhere; the corpora of $LIBMOD_SHARED/data/hostile when they are there.
Usage: test_hostile.py   (environment: LIBMOD_LIBRARY, LIBMOD_WORKER, LIBMOD_SOURCE)
"""

import os
import random
import struct
import sys
import tempfile
import time
import zlib
from pathlib import Path

SOURCE = Path(os.environ["LIBMOD_SOURCE"])
sys.path[:0] = [str(SOURCE / "bindings/python/src"), str(SOURCE / "tests/support"),
                str(SOURCE / "tests/golden")]

import libmod  # noqa: E402
import pictures  # noqa: E402
from tap import Tap  # noqa: E402

TOO_LONG_S = 4.0
PEAK_KIB = 512 * 1024
RESTING_KIB = 96 * 1024
MIXED_JOBS = 1000


def png(width, height, body=b"", kind=0, interlace=0, before=b""):
    """A PNG whose header says what it likes."""
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", body)
            + chunk(b"IEND", b""))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def gif(width, height, frames):
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return out + frame * frames + b";"


def bombs():
    """(name, bytes, reasons that must be among those said): none of them may be called complete."""
    whole = pictures.png(pictures.clouds(3))
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * (8 << 20)))
    rows = zlib.compress(b"\0" * 1_000_000)
    yield "png-100k", png(100_000, 100_000, rows), {"too_large"}
    yield "png-30k", png(30_000, 30_000, rows), {"too_large"}
    yield "png-adam7", png(6000, 6000, rows, 2, 1), {"undecodable", "timeout"}
    yield "png-text-chunks", png(96, 96, rows, before=text * 400), {"too_large"}
    yield "png-cut", whole[:len(whole) // 2], {"undecodable"}
    yield "png-flipped", whole[:200] + bytes([whole[200] ^ 255]) + whole[201:], {"undecodable"}
    yield "png-header-only", whole[:33], {"undecodable"}
    yield "gif-65535", gif(65535, 65535, 1), {"too_large", "undecodable"}
    yield "gif-no-end", gif(64, 64, 2)[:-1], {"undecodable"}
    yield "jpeg-magic", b"\xff\xd8\xff\xe0" + b"\0" * 64, {"undecodable"}
    yield "jpeg-magic-only", b"\xff\xd8\xff", {"undecodable"}
    yield "webp-lies", b"RIFF\xff\xff\xff\x7fWEBPVP8L" + b"\xff" * 64, {"undecodable"}
    yield "empty", b"", {"undecodable"}
    yield "text", b"just a text\n", {"unsupported"}


def site(directory):
    (directory / "site.key").write_bytes(bytes(range(32)))
    config = directory / "libmod.yaml"
    config.write_text("format: libmod/1\nmode: enforce\nsite: {key_file: site.key}\n"
                      f"state_dir: state\nmedia: {{worker: {os.environ['LIBMOD_WORKER']}}}\n")
    return config


def worker_kib():
    """Resident KiB of every child."""
    total = [0]
    for child in Path("/proc/self/task").glob("*/children"):
        for pid in child.read_text().split():
            try:
                total.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4)
            except OSError:
                pass
    return max(total)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


class Watch:
    """Scans and keeps the worst that was seen."""

    def __init__(self, engine):
        self.engine, self.slowest, self.peak_kib, self.count = engine, 0.0, 0, 0

    def scan(self, data):
        before = time.monotonic()
        verdict = self.engine.scan_bytes(data)
        self.slowest = max(self.slowest, time.monotonic() - before)
        self.peak_kib = max(self.peak_kib, worker_kib(),
                            int(self.engine.stats()["worker"]["rss_kib_max"]))
        self.count += 1
        return verdict


def check_bombs(tap, watch):
    for name, data, reasons in bombs():
        verdict = watch.scan(data)
        said = set(verdict.reasons)
        tap.check(f"bomb {name}", verdict.coverage != libmod.Coverage.COMPLETE and said & reasons,
                  f"{verdict.coverage!r} {said}, not one of {reasons}")


def shared(part):
    root = os.environ.get("LIBMOD_SHARED") or str(SOURCE.parent / "shared")
    path = Path(root) / "data" / part
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else []


def refused_by_pyvips(pyvips, data):
    """True, False, or None when it is not a format that both read."""
    try:
        image = pyvips.Image.new_from_buffer(data, "", access="sequential", fail_on="truncated")
        if image.width * image.height > 50_000_000:
            return None
        image.avg()
        return False
    except pyvips.Error:
        return True


def check_corpus(tap, watch):
    files = [p for p in shared("hostile") if "LICENSE" not in p.name]
    if not files:
        tap.skip("corpus", "shared data: LIBMOD_SHARED has no data/hostile")
        tap.skip("corpus against pyvips", "shared data: LIBMOD_SHARED has no data/hostile")
        return
    verdicts = {path: watch.scan(path.read_bytes()) for path in files}
    tap.check(f"corpus of {len(files)} files gets verdicts", len(verdicts) == len(files))
    try:
        import pyvips
    except (ImportError, OSError):
        tap.skip("corpus against pyvips", "pyvips cannot be imported")
        return
    false = [str(path) for path, verdict in verdicts.items()
             if verdict.coverage == libmod.Coverage.COMPLETE
             and refused_by_pyvips(pyvips, path.read_bytes())]
    tap.check("nothing that pyvips refuses is called complete", not false, "\n".join(false))


def mixed(count):
    """Good, damaged and large files in a fixed, mixed order."""
    dice = random.Random(7)
    good = [pictures.png(pictures.clouds(seed, 320, 240)) for seed in range(8)]
    good += [p.read_bytes() for p in shared("kodak")[:6] + shared("exif")[:6]
             if p.suffix in (".png", ".jpg")]
    for _ in range(count):
        data = dice.choice(good)
        kind = dice.random()
        if kind < 0.2:
            data = data[:dice.randrange(len(data))]
        elif kind < 0.4:
            at = dice.randrange(len(data))
            data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1:]
        yield data


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libmod-hostile-") as name:
        engine = libmod.Engine(str(site(Path(name))))
        watch = Watch(engine)
        watch.scan(pictures.png(pictures.clouds(1)))
        before = descriptors()
        check_bombs(tap, watch)
        check_corpus(tap, watch)
        for data in mixed(MIXED_JOBS):
            watch.scan(data)
        resting = worker_kib()
        clean = watch.scan(pictures.png(pictures.clouds(2)))
        stats = engine.stats()["worker"]
        tap.check("a good picture is complete afterwards", clean.coverage == libmod.Coverage.COMPLETE)
        tap.check(f"every verdict within {TOO_LONG_S} s", watch.slowest <= TOO_LONG_S)
        tap.check("no descriptor is left behind", descriptors() <= before,
                  f"{before} before, {descriptors()} after")
        tap.check("the worker stays under 512 MB", watch.peak_kib <= PEAK_KIB)
        tap.check(f"and under 64 MB after {MIXED_JOBS} mixed jobs", resting <= RESTING_KIB)
        tap.check("no worker died of a forbidden call", stats["sigsys"] == 0)
        print(f"# {watch.count} scans, slowest {watch.slowest:.2f} s, peak {watch.peak_kib} KiB, "
              f"resting {resting} KiB, deaths {stats['deaths']}, timeouts {stats['timeouts']}")
        engine.close()
    tap.end()


if __name__ == "__main__":
    main()
