"""Reads the log of one `meson test` run: prints a line for people on stderr, and the output of what
failed; prints "PASSED FAILED SKIPPED UNEXPECTED" on stdout, TAP subtests counted one by one.

usage: tally.py BUILD SUITE TESTLOG.json
"""

import json
import re
import sys
from pathlib import Path

TAP_LINE = re.compile(r"^(not )?ok\b[^#]*(?:#\s*(SKIP)\b\s*(.*))?", re.IGNORECASE)
TAP_NONE = re.compile(r"^1\.\.0\b\s*(?:#\s*(?:SKIP\S*)?\s*(.*))?", re.IGNORECASE)
PYTEST_LINE = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s")
TAIL_LINES = 60


class Tally:
    """What the tests of one suite came to."""

    def __init__(self) -> None:
        self.passed = self.failed = 0
        self.reasons: list[str] = []
        self.seconds = 0.0

    def add_tap(self, lines: list[str]) -> bool:
        """Counts TAP lines; False when there are none."""
        found = False
        for line in lines:
            if none := TAP_NONE.match(line):
                self.reasons.append(none.group(1) or "no reason given")
                found = True
            elif point := TAP_LINE.match(line):
                found = True
                if (point.group(2) or "").upper() == "SKIP":
                    self.reasons.append(point.group(3) or "no reason given")
                elif point.group(1):
                    self.failed += 1
                else:
                    self.passed += 1
        return found

    def add_pytest(self, lines: list[str]) -> bool:
        """Counts by the last line of a pytest run that passed; False when there is none."""
        for line in reversed(lines):
            if summary := PYTEST_LINE.match(line):
                words = dict(reversed(part.split()) for part in summary.group(1).split(", "))
                self.passed += int(words.get("passed", 0))
                skips = [x.split(":", 2)[-1].strip() for x in lines if x.startswith("SKIPPED")]
                count = int(words.get("skipped", 0))
                self.reasons += (skips + ["no reason given"] * count)[:count]
                return True
        return False

    def add(self, test: dict) -> None:
        """Counts one meson test."""
        lines = test.get("stdout", "").splitlines()
        result = test["result"]
        self.seconds += test.get("duration", 0.0)
        good = result in ("OK", "SKIP", "EXPECTEDFAIL")
        before = self.failed
        if self.add_tap(lines):
            pass
        elif result == "SKIP":
            self.reasons.append(next((x for x in reversed(lines) if x.strip()), "no reason given"))
        elif good and not self.add_pytest(lines):
            self.passed += 1
        if not good:
            self.failed = max(self.failed, before + 1)
            self.show(test, lines)

    @staticmethod
    def show(test: dict, lines: list[str]) -> None:
        """Prints the end of a failed test's output."""
        lines = lines + test.get("stderr", "").splitlines()
        print(f"---- {test['name']}: {test['result']}", file=sys.stderr)
        for line in lines[-TAIL_LINES:]:
            print(f"    {line}", file=sys.stderr)


def unexpected(reasons: list[str]) -> list[str]:
    """The skip reasons that scripts/expected-skips does not list."""
    table = Path(__file__).with_name("expected-skips").read_text().splitlines()
    patterns = [re.compile(x) for x in table if x and not x.startswith("#")]
    return [x for x in reasons if not any(p.search(x) for p in patterns)]


def main() -> None:
    """Reads one log."""
    build, suite, log = sys.argv[1:4]
    tally = Tally()
    text = Path(log).read_text()
    for line in text.splitlines():
        tally.add(json.loads(line))
    counts = f"{tally.passed} passed, {tally.failed} failed, {len(tally.reasons)} skipped"
    say = "no tests" if not text else f"{counts}  ({tally.seconds:.1f} s)"
    print(f"{build:6} {suite:12} {say}", file=sys.stderr)
    for reason in sorted(set(tally.reasons)):
        print(f"{'':19} skipped: {reason}", file=sys.stderr)
    print(tally.passed, tally.failed, len(tally.reasons), len(unexpected(tally.reasons)))


if __name__ == "__main__":
    main()
