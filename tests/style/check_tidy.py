"""Runs clang-tidy, with the checks that .clang-tidy lists, over libmod/ and programs/.

usage: check_tidy.py BUILD_DIRECTORY
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree


def sources(build: Path) -> list[str]:
    """The files of the library and the programs that the build compiles."""
    found = set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(tree.ROOT):
            if path.relative_to(tree.ROOT).parts[0] in ("libmod", "programs"):
                found.add(str(path))
    return sorted(found)


def main() -> None:
    """Runs as many at a time as there are processors."""
    program = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if not program:
        tree.skip("no clang-tidy")
        return
    build = Path(sys.argv[1])
    # With freed memory overwritten, as meson has it, clang-tidy 14 finds what is not there.
    calm = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}

    def check(name: str) -> list[str]:
        command = [program, "--quiet", "-p", str(build), "--warnings-as-errors=*", name]
        command += ["--extra-arg=-Wno-unknown-warning-option"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tree.ROOT,
                              env=calm)
        lines = [x.replace(f"{tree.ROOT}/", "") for x in done.stdout.splitlines()]
        return lines if done.returncode else []

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [line for lines in pool.map(check, sources(build)) for line in lines]
    tree.finish("tidy", problems)


if __name__ == "__main__":
    main()
