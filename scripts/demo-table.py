"""Prints the verdicts of scripts/demo as a table and checks them: every copy found, nothing else.

usage: modctl --json scan DIR | demo-table.py DIR/what.tsv
"""

import json
import os
import sys
from pathlib import Path

HEAD = ("file", "what was done", "would", "list/entry", "signal", "distance", "strategy", "coverage")
COLOURS = {"hold": "33", "allow": "32", "wrong": "31"}


def paint(text: str, colour: str) -> str:
    """Colours a text, on a terminal and unless NO_COLOR is set."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS.get(colour, '0')}m{text}\033[0m"


def row_of(name: str, done: str, verdict: dict) -> tuple[str, ...]:
    """One line of the table."""
    match = (verdict["matches"] or [{}])[0]
    entry = f"{match['source']}/{match['entry']}" if match else "-"
    found = [match.get(x) for x in ("signal", "distance", "strategy")]
    return (
        name,
        done,
        verdict["would"],
        entry,
        *("-" if x is None else str(x) for x in found),
        " ".join([verdict["coverage"], *verdict["reasons"]]),
    )


def problem_of(entry: str, verdict: dict) -> str | None:
    """What is wrong with a verdict; None when it is as it must be."""
    entries = {x["entry"] for x in verdict["matches"]}
    if verdict["coverage"] != "complete":
        return "not looked at completely"
    if entry == "-" and (entries or verdict["would"] != "allow"):
        return "a match, but it is not listed"
    if entry != "-" and (entries != {entry} or verdict["would"] != "hold"):
        return f"{entry} is not found"
    return None


def main() -> None:
    """Joins the verdicts with what the files are."""
    table = Path(sys.argv[1])
    verdicts = {}
    for line in sys.stdin:
        verdict = json.loads(line)
        verdicts[str(Path(verdict["input"]).resolve())] = verdict
    rows, problems = [], []
    for line in table.read_text().splitlines():
        name, done, entry = line.split("\t")
        verdict = verdicts.get(str((table.parent / name).resolve()))
        if not verdict or "error" in verdict:
            problems.append(f"{name}: no verdict")
            continue
        rows.append(row_of(name, done, verdict))
        if problem := problem_of(entry, verdict):
            problems.append(f"{name}: {problem}")
    widths = [max(len(x[i]) for x in [HEAD, *rows]) for i in range(len(HEAD))]
    last = ""
    for row in [HEAD, *rows]:
        group = row[3]
        if group != last and row is not HEAD:
            print("  ".join("-" * x for x in widths))
        last = group
        text = "  ".join(x.ljust(w) for x, w in zip(row, widths)).rstrip()
        print(text if row is HEAD else paint(text, row[2]))
    listed = sum(1 for x in rows if x[2] != "allow")
    print(f"\n{len(rows)} files: {listed} found, {len(rows) - listed} clean, {len(problems)} wrong")
    for problem in problems:
        print(paint(f"wrong: {problem}", "wrong"))
    sys.exit(1 if problems or not rows else 0)


if __name__ == "__main__":
    main()
