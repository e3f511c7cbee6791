"""The checked-in table of homophones is what its generator writes.

usage: test_tables.py SOURCE_ROOT
"""

import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "libmod/rules/tables"))

import homophones  # noqa: E402


def main():
    """Generates it again and compares; no character stands in two groups."""
    same = homophones.table() == (ROOT / "libmod/rules/homophone_table.c").read_text(encoding="utf-8")
    everybody = "".join(homophones.groups()).replace("/", "")
    results = {
        "homophone_table.c is what tables/homophones.py writes": same,
        "every common character sounds one way": len(everybody) == len(set(everybody)) > 3755,
    }
    print(f"1..{len(results)}")
    for number, (what, ok) in enumerate(results.items(), 1):
        print(f"{'' if ok else 'not '}ok {number} - {what}")
    sys.exit(not all(results.values()))


if __name__ == "__main__":
    main()
