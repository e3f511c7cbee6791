"""What the style checks share: the files of the tree, and a report."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # the exit code by which meson knows a skipped test

# Bytes that tests feed to parsers; their form is the point.
RAW = ("tests/fuzz/corpora/", "tests/fuzz/crashers/")


def git(*arguments: str) -> str | None:
    """The output of a git command in the tree, or None where there is no git or no repository."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def files(*endings: str) -> list[Path]:
    """Every file of the project, as paths from its root; only those with one of the endings."""
    listing = git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listing is not None:
        names = [Path(x) for x in listing.split("\0") if x]
    else:
        names = [
            x.relative_to(ROOT)
            for x in ROOT.rglob("*")
            if x.is_file() and x.relative_to(ROOT).parts[0] not in (".git", "build")
        ]
    found = {x for x in names if (ROOT / x).is_file() and not str(x).startswith(RAW)}
    return sorted(x for x in found if not endings or x.name.endswith(endings))


def text(path: Path) -> str | None:
    """A file's text, or None when it is binary."""
    raw = (ROOT / path).read_bytes()
    try:
        return None if b"\0" in raw else raw.decode()
    except UnicodeDecodeError:
        return None


def finish(what: str, problems: list[str]) -> None:
    """Prints the problems and ends the program."""
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} problems" if problems else f"{what}: good")
    sys.exit(1 if problems else 0)


def skip(reason: str) -> None:
    """Ends the program as skipped."""
    print(reason)
    sys.exit(SKIPPED)
