"""Reports, decisions, and the host's own work on them, in forty lines.

python3 moderation.py libmod.yaml report ITEM FILE REASON    somebody complains; prints the event
python3 moderation.py libmod.yaml decide EVENT ACTION        a moderator decides, such as remove
python3 moderation.py libmod.yaml act                        the host does what was decided
"""

import pathlib
import sys

import libmod

HOST = "example.org"


def act(decision: libmod.Decision) -> libmod.Outcome:
    """What a host does about it. It may come again: doing it twice must do no harm."""
    for where in decision.items:
        print(f"{decision.action} {where.item}")
    return libmod.Outcome.DONE if decision.items else libmod.Outcome.GONE


def main() -> None:
    config, command, *rest = sys.argv[1:]
    with libmod.Engine(config) as engine:
        if command == "report":
            item, file, reason = rest
            where = libmod.Subject(host=HOST, item=item, surface=libmod.Surface.UPLOAD)
            verdict = engine.report(where, content=pathlib.Path(file).read_bytes(), reason=reason)
            print(verdict.event or "not recorded: report it again later")
        elif command == "decide":
            done = engine.decide({"event_id": rest[0], "action": rest[1], "reviewer": "m1"})
            print(f"{done['action']}: {done['entries']} entries")
        while command == "act" and (decision := engine.next_decision(HOST)) is not None:
            with decision:  # given back when this raises
                decision.ack(act(decision))


if __name__ == "__main__":
    main()
