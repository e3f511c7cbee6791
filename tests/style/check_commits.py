"""Checks the subjects of the last commits: `area: what`, at most 72 characters."""

import re

import tree

LAST = 50
SUBJECT = re.compile(r"^[a-z0-9][a-z0-9 ,/_.-]*: \S")


def main() -> None:
    """Looks at the last commits; nothing to do in a tree without git."""
    log = tree.git("log", f"-{LAST}", "--no-merges", "--format=%h %s")
    if log is None:
        tree.skip("no git history to look at")
        return
    problems = []
    for line in log.splitlines():
        commit, _, subject = line.partition(" ")
        if subject.startswith("Revert "):
            continue
        if not SUBJECT.match(subject):
            problems.append(f"{commit}: not `area: what`: {subject}")
        if len(subject) > 72:
            problems.append(f"{commit}: {len(subject)} characters: {subject}")
    tree.finish("commits", problems)


if __name__ == "__main__":
    main()
