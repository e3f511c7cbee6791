"""Checks that clang-format would change nothing; `scripts/format` applies it."""

import shutil
import subprocess

import tree


def main() -> None:
    """Runs clang-format over every C file."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        tree.skip("no clang-format")
        return
    names = [str(x) for x in tree.files(".c", ".h")]
    command = [program, "--dry-run", "-Werror", "--ferror-limit=1", *names]
    done = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=False)
    problems = [x for x in done.stderr.splitlines() if ": error:" in x]
    if done.returncode and not problems:
        problems = done.stderr.splitlines()
    tree.finish("format", problems)


if __name__ == "__main__":
    main()
