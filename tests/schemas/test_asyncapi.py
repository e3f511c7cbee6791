"""docs/events/asyncapi.yaml: what it refers to is there, and the topics are those of libmod."""

import unittest

import schemas

try:
    import yaml
except ImportError:
    yaml = None

TOPICS = {"match", "report", "decision", "applied", "ops", "dlq"}


def references(value):
    """Every $ref."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


@unittest.skipUnless(yaml, "Python has no PyYAML")
class AsyncApi(unittest.TestCase):
    """The document as a whole."""

    def setUp(self):
        self.document = yaml.safe_load((schemas.EVENTS / "asyncapi.yaml").read_text())

    def at(self, reference):
        """What a reference inside the document names."""
        value = self.document
        for step in reference.removeprefix("#/").split("/"):
            value = value[step]
        return value

    def test_what_it_refers_to_is_there(self):
        files = set()
        for reference in references(self.document):
            if reference.startswith("#/"):
                self.at(reference)
            else:
                files.add(reference.removeprefix("./"))
        shipped = {path.name for path in schemas.EVENTS.glob("*.schema.json")}
        self.assertEqual(files, shipped)

    def test_topics(self):
        self.assertTrue(self.document["asyncapi"].startswith("3."))
        channels = self.document["channels"]
        self.assertEqual(set(channels), TOPICS)
        for name, channel in channels.items():
            self.assertEqual(channel["address"], f"libmod.{name}.v1")
            for message in channel["messages"].values():
                self.assertIn(message["$ref"].split("/")[-1], self.document["components"]["messages"])

    def test_every_topic_has_one_operation(self):
        used = [o["channel"]["$ref"].split("/")[-1] for o in self.document["operations"].values()]
        self.assertEqual(sorted(used), sorted(TOPICS))
        for operation in self.document["operations"].values():
            received = operation["channel"]["$ref"].endswith("/decision")
            self.assertEqual(operation["action"], "receive" if received else "send")

    def test_each_message_has_the_schema_of_its_name(self):
        for message in self.document["components"]["messages"].values():
            schema = message.get("payload", {}).get("schema")
            if schema:
                name = message["name"].removeprefix("libmod.")
                self.assertEqual(schema["$ref"], f"./{name}.schema.json")
