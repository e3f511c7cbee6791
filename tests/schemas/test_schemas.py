"""Samples, freshly made events and decisions against the schemas of docs/events."""

import json
import os
import re
import subprocess
import unittest

import schemas

RENDER = os.environ["LIBMOD_TEST_RENDER"]
SAMPLES = schemas.EVENTS / "samples"
ID = "019c0de0-1f00-7000-8000-0123456789ab"
KEY = "h1:7eb0cb37e5a90fbc4c8d3f0e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"


def render(*args, text=None):
    """What the program prints, line by line."""
    done = subprocess.run(
        [RENDER, *args], input=text, capture_output=True, check=True, encoding="utf-8", timeout=60
    )
    return done.stdout.splitlines()


def fresh():
    """{name: event} as the code makes them now."""
    rows = map(json.loads, render())
    return {row["name"]: row["event"] for row in rows}


@schemas.needs_jsonschema
class Events(unittest.TestCase):
    """What leaves the engine."""

    def test_fresh_events_are_as_the_schemas_say(self):
        closed = schemas.validators(closed=True)
        seen = set()
        for name, event in fresh().items():
            with self.subTest(name):
                schemas.check_event(self, event, closed)
                seen.add(event["type"].split(".")[1])
        self.assertEqual(seen, set(schemas.TYPES))

    def test_every_member_is_always_there(self):
        known = schemas.validators()
        may_lack = {"counts", "score"}
        for name, event in fresh().items():
            kind = event["type"].split(".")[1]
            for path in schemas.paths(event["data"]):
                if may_lack & set(path[:-1]):
                    continue
                lacking = schemas.without(event["data"], path)
                self.assertFalse(known[kind].is_valid(lacking), f"{name} without {path}")

    def test_later_members_are_allowed(self):
        known = schemas.validators()
        for event in fresh().values():
            event["data"]["later"] = {"x": 1}
            event["data"]["engine"]["later"] = 1
            known[event["type"].split(".")[1]].validate(event["data"])

    def test_another_type_is_another_schema(self):
        known = schemas.validators()
        for name, event in fresh().items():
            kind = event["type"].split(".")[1]
            # A report is a match and what the person says.
            for other in set(schemas.TYPES) - {kind, "match" if kind == "report" else kind}:
                self.assertFalse(known[other].is_valid(event["data"]), f"{name} as {other}")

    def test_wrong_values_are_refused(self):
        known = schemas.validators()
        events = fresh()
        for name, path, value in (
            ("match-picture", ("v",), 2),
            ("match-picture", ("content", "key"), "7eb0cb37"),
            ("match-picture", ("content", "kind"), "video"),
            ("match-picture", ("context", "sender"), "@sender:example.org"),
            ("match-picture", ("context", "at"), "2026-11-01 12:00"),
            ("match-picture", ("matches", 0, "signal"), "dhash"),
            ("match-picture", ("matches", 0, "distance"), "12"),
            ("match-picture", ("queue", "priority"), 10),
            ("match-picture", ("verdict", "action"), "remove"),
            ("match-picture", ("verdict", "reasons"), ["limit", "limit"]),
            ("match-picture", ("preview", "data"), "AAAA"),
            ("match-text", ("verdict", "score"), {"m.spam": "4"}),
            ("report", ("report", "reason"), 7),
            ("gap", ("counts", "timeout"), 0),
            ("gap", ("counts",), {}),
            ("gap", ("from",), None),
            ("list-loaded", ("state",), "braked"),
            ("list-refused", ("why",), None),
            ("list-braked", ("entry",), None),
        ):
            with self.subTest(name=name, path=path):
                event = events[name]
                at = data = json.loads(json.dumps(event["data"]))
                for step in path[:-1]:
                    at = at[step]
                at[path[-1]] = value
                self.assertFalse(known[event["type"].split(".")[1]].is_valid(data))

    def test_every_member_is_in_the_reference(self):
        reference = schemas.EVENTS.parent / "reference"
        pages = (reference / "events.md").read_text() + (reference / "verdict.md").read_text()
        code = " ".join(re.findall(r"`([^`\n]+)`", pages))
        for path in schemas.EVENTS.glob("*.schema.json"):
            for step in schemas.paths(schemas.load(path)):
                if len(step) > 1 and step[-2] == "properties":
                    self.assertRegex(code, rf"\b{step[-1]}\b", f"{path.name}: {step}")


@schemas.needs_jsonschema
class Samples(unittest.TestCase):
    """docs/events/samples."""

    def test_events_are_those_that_the_code_makes(self):
        made = fresh()
        kept = {p.stem: schemas.load(p) for p in SAMPLES.glob("*.json")}
        kept = {name: event for name, event in kept.items() if not name.startswith("decision")}
        self.assertEqual(set(kept), set(made))
        for name, event in kept.items():
            event["data"]["engine"]["version"] = made[name]["data"]["engine"]["version"]
            self.assertEqual(event, made[name], name)
            self.assertEqual(json.dumps(event), json.dumps(made[name]), f"{name}: the order")

    def test_decisions_are_taken(self):
        known = schemas.validators()["decision"]
        found = sorted(SAMPLES.glob("decision-*.json"))
        self.assertGreaterEqual(len(found), 3)
        for path in found:
            known.validate(schemas.load(path))
            self.assertEqual(render("--decisions", text=json.dumps(schemas.load(path))), ["ok"])


def about_event(**more):
    """A decision about an event."""
    return {"event_id": ID, "action": "remove", **more}


GOOD = [
    about_event(),
    about_event(id=ID, scope="room", reason="x" * 1000, reviewer="y" * 200, no_list=True),
    about_event(decided_at="2026-11-01"),
    about_event(decided_at="2026-11-01T12:00:00Z"),
    about_event(decided_at="2026-11-01T12:00:00.123456+05:30"),
    about_event(id=None, content_key=None, scope=None, reason=None, reviewer=None, decided_at=None),
    {"content_key": KEY, "action": "dismiss"},
    {"content_key": KEY.upper().replace("H1", "h1"), "action": "withdraw", "scope": "content"},
    {"content_key": KEY, "action": "add_to_list", "scope": "item", "event_id": None},
    *(about_event(action=a) for a in ("hold", "restore", "dismiss", "add_to_list", "withdraw")),
    *(about_event(scope=s) for s in ("item", "content", "sender", "room")),
]
BAD = [
    {},
    [],
    "remove",
    {"action": "remove"},
    {"event_id": ID},
    {"event_id": ID, "content_key": KEY, "action": "remove"},
    {"event_id": None, "content_key": None, "action": "remove"},
    {"content_key": KEY, "action": "remove", "scope": "sender"},
    {"content_key": KEY, "action": "remove", "scope": "room"},
    {"content_key": KEY[3:], "action": "remove"},
    {"content_key": KEY + "0", "action": "remove"},
    about_event(action=None),
    about_event(action="ban"),
    about_event(action=["remove"]),
    about_event(scope="user"),
    about_event(id=ID.upper()),
    about_event(id="7"),
    about_event(id=7),
    about_event(reason="x" * 1001),
    about_event(reviewer="x" * 201),
    about_event(reviewer={"name": "r"}),
    about_event(decided_at="soon"),
    about_event(decided_at=1793534400),
    about_event(decided_at="2026-11-01T12:00:00"),
    about_event(no_list="yes"),
    about_event(no_list=None),
    about_event(reasn="typo"),
]


class Decisions(unittest.TestCase):
    """The schema and the code are of one mind."""

    def test_the_code(self):
        said = render("--decisions", text="\n".join(map(json.dumps, GOOD + BAD)))
        self.assertEqual(said[: len(GOOD)], ["ok"] * len(GOOD))
        self.assertEqual(len(said), len(GOOD + BAD))
        for document, line in zip(BAD, said[len(GOOD) :]):
            self.assertTrue(line.startswith("decision: "), f"{document}: {line}")

    @schemas.needs_jsonschema
    def test_the_schema(self):
        known = schemas.validators()["decision"]
        for document in GOOD:
            known.validate(document)
        for document in BAD:
            self.assertFalse(known.is_valid(document), document)
