"""Runs a file of unittest tests and reports them as TAP, one line a test.

tap_unittest.py TEST_FILE
"""

import importlib.util
import sys
import unittest
from pathlib import Path


class TapResult(unittest.TestResult):
    """Prints one line for each test when it ends, whatever went wrong in it before."""

    def startTest(self, test):
        super().startTest(test)
        self.note, self.complaints = "", []

    def stopTest(self, test):
        super().stopTest(test)
        name = test.id().split(".", 1)[-1]
        ok = "not ok" if self.complaints else "ok"
        print(f"{ok} {self.testsRun} - {name}{self.note}", flush=True)
        for line in "\n".join(self.complaints).splitlines()[-60:]:
            print(f"# {line}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note = f" # SKIP {reason}"

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.complaints.append(self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.complaints.append(self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.complaints.append(f"{subtest.id()}\n{err[0].__name__}: {err[1]}")


def main():
    """Loads the file with its own and this directory importable."""
    path = Path(sys.argv[1]).resolve()
    sys.path[:0] = [str(path.parent), str(Path(__file__).resolve().parent)]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    print(f"1..{suite.countTestCases()}", flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
