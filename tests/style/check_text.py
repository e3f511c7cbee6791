"""Checks every text file: blanks, line ends, characters that cannot be seen, paths of somebody's
machine, and marks of work that was left."""

import re
from pathlib import Path

import tree

# Tabs are the syntax of these.
TABS = re.compile(r"(Makefile|\.mk|\.tsv|\.patch|\.diff)$")
UNSEEN = re.compile("[\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MACHINE = re.compile(r"(?<![\w.$}~-])/(home/\w|root/|Users/\w|mnt/\w|workspace|tmp/b-)")
LEFT = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")


def problems_of(path: Path, source: str) -> list[str]:
    """What is wrong with one file."""
    problems = []
    if source and not source.endswith("\n"):
        problems.append(f"{path}: no newline at the end")
    if source.endswith("\n\n"):
        problems.append(f"{path}: blank lines at the end")
    if source.startswith("\ufeff"):
        problems.append(f"{path}: begins with a byte order mark")
    rules = [
        ("carriage return", re.compile("\r")),
        ("blank at the end", re.compile(r"[ \t]$")),
        ("character that cannot be seen", UNSEEN),
        ("control character", CONTROL),
        ("path of one machine", MACHINE),
        ("work left over", LEFT),
    ]
    if not TABS.search(path.name):
        rules.append(("tab", re.compile("\t")))
    for number, line in enumerate(source.split("\n"), 1):
        for what, pattern in rules:
            if pattern.search(line):
                problems.append(f"{path}:{number}: {what}")
    return problems


def main() -> None:
    """Looks at every text file."""
    problems = []
    for path in tree.files():
        source = tree.text(path)
        if source is not None:
            problems += problems_of(path, source)
    tree.finish("text", problems)


if __name__ == "__main__":
    main()
