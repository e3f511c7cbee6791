"""A host in thirty lines: scans the files it is given and obeys the verdicts.

python3 host.py libmod.yaml picture.jpg...
"""

import sys

import libmod


def main() -> int:
    config, *files = sys.argv[1:]
    held = 0
    with libmod.Engine(config) as engine:
        for file in files:
            subject = libmod.Subject(surface=libmod.Surface.UPLOAD, deadline_ms=2000)
            try:
                verdict = engine.scan_file(file, subject)
            except (libmod.LibmodError, OSError) as error:
                print(f"{file}: not looked at: {error}")
                continue
            keep = verdict.action >= libmod.Action.HOLD
            held += keep
            print(f"{file}: {'keep it back' if keep else 'let it through'}")
            if verdict.coverage != libmod.Coverage.COMPLETE:
                print("  looked at in part:", ", ".join(verdict.reasons))
            for match in verdict.matches:
                print(f"  {match.source} {match.entry}: {match.strategy}, distance {match.distance}")
    return 1 if held else 0


if __name__ == "__main__":
    sys.exit(main())
