"""The JSON Schemas of docs/events, as validators."""

import copy
import json
import unittest
from pathlib import Path

try:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
except ImportError:
    Draft202012Validator = None

EVENTS = Path(__file__).resolve().parents[2] / "docs" / "events"
TYPES = ("match", "report", "gap", "list")

needs_jsonschema = unittest.skipUnless(Draft202012Validator, "Python has no jsonschema")


def load(path):
    """A JSON file; a name that stands twice is an error."""

    def once(pairs):
        assert len(pairs) == len(dict(pairs)), f"{path}: a name twice in {pairs}"
        return dict(pairs)

    return json.loads(path.read_text(), object_pairs_hook=once)


def close(schema):
    """Forbids what a schema does not name. As shipped they allow it, because documents may grow."""
    if isinstance(schema, dict):
        for value in schema.values():
            close(value)
        if "required" in schema and "properties" in schema:
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        for value in schema:
            close(value)
    return schema


def validators(closed=False):
    """{"match": validator, …}, also of "decision"."""
    shipped = {path.name: load(path) for path in EVENTS.glob("*.schema.json")}
    if closed:
        for name, schema in shipped.items():
            if not name.startswith("decision"):
                close(schema)
    registry = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in shipped.items()
    )
    made = {}
    for name, schema in shipped.items():
        Draft202012Validator.check_schema(schema)
        # References in a schema are to the other files beside it.
        root = {"$schema": schema["$schema"], "$ref": name}
        made[name.split(".")[0]] = Draft202012Validator(root, registry=registry)
    return made


def check_event(test, event, known):
    """An envelope of `modctl --json events`, and its data by the schema of its type."""
    test.assertEqual(
        list(event),
        ["specversion", "id", "source", "type", "time", "datacontenttype", "data"],
    )
    test.assertEqual(event["specversion"], "1.0")
    test.assertRegex(event["id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    test.assertRegex(event["source"], r"^urn:uuid:[0-9a-f-]{36}$")
    test.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
    test.assertEqual(event["datacontenttype"], "application/json")
    test.assertRegex(event["type"], r"^libmod\.(match|report|gap|list)\.v1$")
    known[event["type"].split(".")[1]].validate(event["data"])


def without(document, path):
    """A copy in which one member is missing."""
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return changed


def paths(document, prefix=()):
    """Where each member of each object stands."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        if isinstance(document, dict):
            yield (*prefix, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*prefix, key))
