"""Test results as TAP, for the golden tests that are written in Python."""

import sys


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = 0

    def check(self, name, ok, complaint=""):
        self.number += 1
        self.failed += not ok
        print(f"{'' if ok else 'not '}ok {self.number} - {name}")
        if not ok:
            for line in complaint.splitlines()[-20:]:
                print(f"# {line}")

    def skip(self, name, reason):
        self.number += 1
        print(f"ok {self.number} - {name} # SKIP {reason}")

    def end(self):
        print(f"1..{self.number}")
        sys.exit(1 if self.failed or not self.number else 0)


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)
