"""The checked-in tables are what their generators write.

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
import pinyin  # noqa: E402
import sources  # noqa: E402
import suffixes  # noqa: E402


def fold():
    """The fold view's table."""
    made = generate.Fold()
    generate.Fold = lambda: made
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        generate.main()
    return out.getvalue()


def main():
    """Generates them again and compares."""
    tables = [
        ("fold_table.c", "generate.py", fold),
        ("pinyin_table.c", "pinyin.py", pinyin.table),
        ("suffix_table.c", "suffixes.py", suffixes.table),
    ]
    failed = False
    print(f"1..{len(tables)}")
    for number, (name, program, make) in enumerate(tables, 1):
        what = f"{number} - {name} is what tables/{program} writes"
        try:
            same = make() == (ROOT / "libmod/text" / name).read_text(encoding="utf-8")
        except (sources.Missing, suffixes.Missing) as e:
            print(f"ok {what} # SKIP {e}")
            continue
        print(f"{'' if same else 'not '}ok {what}")
        failed = failed or not same
    sys.exit(failed)


if __name__ == "__main__":
    main()
