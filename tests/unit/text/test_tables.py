"""The checked-in table of the fold view is what its generator writes.

usage: test_tables.py SOURCE_ROOT
"""

import contextlib
import io
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "libmod/text/tables"))

import generate  # noqa: E402
import sources  # noqa: E402


def main():
    """Generates it again and compares."""
    try:
        fold = generate.Fold()
    except sources.Missing as e:
        print(f"1..0 # SKIP source of the tables: {e}")
        return
    generate.Fold = lambda: fold
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        generate.main()
    same = out.getvalue() == (ROOT / "libmod/text/fold_table.c").read_text(encoding="utf-8")
    print("1..1")
    print(f"{'' if same else 'not '}ok 1 - fold_table.c is what tables/generate.py writes")
    sys.exit(not same)


if __name__ == "__main__":
    main()
