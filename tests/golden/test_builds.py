"""PDQ is the same whoever compiles it: gcc and clang at -O0, -O2 and -O3, and with fused
multiply-adds at hand but forbidden. With them allowed it must differ, or these tests see nothing.

Usage: test_builds.py SOURCE-ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

COMPILERS = ["gcc", "clang"]
EXACT = ["-ffp-contract=off"]
BUILDS = [["-O0"], ["-O2"], ["-O3"]]
FUSED = ["-O3", "-march=x86-64-v3"]
COMMON = ["-std=c11", "-D_GNU_SOURCE", "-Ilibmod", "-Iinclude", "-Itests/support"]
BASE = ["libmod/base/text.c", "libmod/base/buffer.c"]


def flags(package):
    """A library's flags, or None when it is not installed."""
    done = subprocess.run(["pkg-config", "--cflags", "--libs", package], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else None


class Bench:
    """One compiler with everything but the hash itself compiled."""

    def __init__(self, root, directory, compiler):
        self.root, self.directory, self.compiler = root, directory, compiler
        self.vips, self.cunit = flags("vips"), flags("cunit")
        jansson = flags("jansson")
        self.base = [self.compile(source, jansson) for source in BASE]
        self.libraries = [*jansson, "-lm"]
        self.unit = [self.compile("tests/unit/hash/test_pdq.c", jansson)]
        self.golden = []
        if self.vips:
            names = ["golden", "by_vips", "decode"]
            self.golden = [self.compile(f"tests/golden/{n}.c", [*jansson, *self.vips]) for n in names]

    def run(self, *command):
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True)

    def compile(self, source, options):
        target = f"{self.directory}/{self.compiler}-{source.replace('/', '-')}.o"
        options = [o for o in options if not o.startswith("-l")]
        done = self.run(self.compiler, *COMMON, *options, "-c", source, "-o", target)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return target

    def result(self, objects, options, libraries):
        """The status and the output of a test with the hash compiled with these options."""
        program = f"{self.directory}/test"
        sources = ["libmod/hash/pdq.c", *objects, *self.base]
        done = self.run(self.compiler, *COMMON, *options, *sources, "-o", program, *self.libraries, *libraries)
        if done.returncode:
            return 1, done.stderr
        done = self.run(program, str(self.root))
        return done.returncode, done.stdout

    def check(self, tap, options):
        name = " ".join([self.compiler, *options])
        status, output = self.result(self.unit, options, self.cunit)
        tap.check(f"{name}: frozen hashes", status == 0, output)
        if not self.golden:
            tap.skip(f"{name}: the reference's pictures", "no libvips here")
            return
        status, output = self.result(self.golden, options, self.vips)
        if output.startswith("1..0 # SKIP "):
            tap.skip(f"{name}: the reference's pictures", output.split("SKIP ")[1].strip())
            return
        wrong = [line for line in output.splitlines() if not line.startswith("ok")]
        tap.check(f"{name}: the reference's pictures", status == 0, "\n".join(wrong))

    def check_canary(self, tap):
        """Proves that the frozen hashes would notice a build that fuses."""
        name = f"{self.compiler} {' '.join(FUSED)} -ffp-contract=fast is noticed"
        status, output = self.result(self.unit, [*FUSED, "-ffp-contract=fast"], self.cunit)
        tap.check(name, status != 0 and "not ok 1 " in output, output)


def main():
    tap = Tap()
    root = pathlib.Path(sys.argv[1]).resolve()
    fuses = "fma" in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    for compiler in COMPILERS:
        if not shutil.which(compiler):
            tap.skip(compiler, f"no {compiler} here")
            continue
        with tempfile.TemporaryDirectory() as directory:
            bench = Bench(root, directory, compiler)
            for options in [*BUILDS, FUSED] if fuses else BUILDS:
                bench.check(tap, [*options, *EXACT])
            if fuses:
                bench.check_canary(tap)
            else:
                tap.skip(f"{compiler}: fused multiply-adds", "the processor has none (AVX2 with FMA)")
    tap.end()


if __name__ == "__main__":
    main()
