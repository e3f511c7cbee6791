"""docs/reference/libmod-rules.schema.json says the same of rule packs as the code that reads them."""

import copy
import json
import re
import unittest
from pathlib import Path

from case import SiteTest

try:
    import yaml
    from jsonschema import Draft7Validator
except ImportError:
    yaml = None

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/reference/libmod-rules.schema.json").read_text())
EVERY_KEY = Path(__file__).resolve().parent / "packs/every-key.yaml"
HEAD = "format: libmod-rules/1\npack: {id: p, version: v1}\n"


def rule(keys):
    """A pack with a rule that has these keys too."""
    return HEAD + "rules: [{id: r, title: T, harm: other, " + keys + "}]\n"


# What the code calls the maps that it reads, and their keys in the schema.
MAPS = {
    "the pack": "properties",
    "pack": "properties/pack/properties",
    "defaults": "properties/defaults/properties",
    "a list": "$defs/list/properties",
    "a rule": "$defs/rule/properties",
    "a condition": "$defs/condition/properties",
    "a group": "$defs/condition/oneOf/6/propertyNames/enum",
    "a list leaf": "$defs/condition/oneOf/0/propertyNames/enum",
    "a word leaf": "$defs/condition/oneOf/1/propertyNames/enum",
    "a re leaf": "$defs/condition/oneOf/2/propertyNames/enum",
    "a link leaf": "$defs/condition/oneOf/3/propertyNames/enum",
    "a near leaf": "$defs/condition/oneOf/4/propertyNames/enum",
    "a count leaf": "$defs/condition/oneOf/5/propertyNames/enum",
    "link": "$defs/link/properties",
    "near": "$defs/near/properties",
    "count": "$defs/count/properties",
    "scope": "$defs/scope/properties",
    "rooms": "$defs/globs/oneOf/1/properties",
    "surfaces": "$defs/scope/properties/surfaces/oneOf/1/properties",
    "sender_age_days": "$defs/scope/properties/sender_age_days/properties",
    "tests": "$defs/tests/properties",
    "a test": "$defs/hit/oneOf/1/properties",
    "a value": "$defs/given/oneOf/1/properties",
    "subject": "$defs/subject/properties",
    "evade": "$defs/tests/properties/evade/properties",
}
# Packs that name a key or value that nobody knows: the answer lists those that are known.
ASKING = [
    HEAD + "rules: []\nzzzz: 1\n",
    "format: libmod-rules/1\npack: {zzzz: 1}\n",
    HEAD + "defaults: {zzzz: 1}\n",
    HEAD + "defaults: {view: zzzz}\n",
    HEAD + "defaults: {bound: zzzz}\n",
    HEAD + "defaults: {mode: zzzz}\n",
    HEAD + "defaults: {on_limit: zzzz}\n",
    HEAD + "lists: {a: {zzzz: 1}}\n",
    *(rule(x) for x in (
        "score: 1, when: {word: x}, zzzz: 1",
        "severity: zzzz, when: {word: x}",
        "action: zzzz, when: {word: x}",
        "score: 1, when: {zzzz: x}",
        "score: 1, when: {all: [{word: x}], view: raw}",
        "score: 1, when: {near: {}, view: raw}",
        "score: 1, when: {count: {}, view: raw}",
        *("score: 1, when: {count: {min: 1, of: {%s: x, zzzz: 1}}}" % leaf
          for leaf in ("list", "word", "re", "link")),
        "score: 1, when: {link: {zzzz: 1}}",
        "score: 1, when: {link: {family: zzzz}}",
        "score: 1, when: {near: {zzzz: 1}}",
        "score: 1, when: {count: {zzzz: 1}}",
        "score: 1, when: {word: x}, scope: {zzzz: 1}",
        "score: 1, when: {word: x}, scope: {rooms: {zzzz: 1}}",
        "score: 1, when: {word: x}, scope: {surfaces: {zzzz: 1}}",
        "score: 1, when: {word: x}, scope: {surfaces: [zzzz]}",
        "score: 1, when: {word: x}, scope: {sender_age_days: {zzzz: 1}}",
        "score: 1, when: {word: x}, tests: {zzzz: 1}",
        "score: 1, when: {word: x}, tests: {hit: [{zzzz: 1}]}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, view: zzzz}]}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, subject: {zzzz: 1}}]}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, subject: {surface: zzzz}}]}",
        "score: 1, when: {word: x}, tests: {evade: {zzzz: 1}}",
        "score: 1, when: {word: x}, tests: {evade: {min_recall: 1, kinds: [zzzz]}}",
    )),
    HEAD + "lists: {a: {file: a.lml}}\nrules: [{id: r, title: T, harm: other, score: 1, when: {list: a}, "
    "tests: {given: {a: {zzzz: 1}}}}]\n",
]
# What the code calls the values that it chooses from. All views are one table there; not every place takes `link`.
CHOICES = {
    "view": "$defs/hit/oneOf/1/properties/view/enum",
    "bound": "$defs/bound/enum",
    "mode": "$defs/mode/enum",
    "on_limit": "$defs/on_limit/enum",
    "severity": "$defs/rule/properties/severity/enum",
    "action": "$defs/rule/properties/action/enum",
    "family": "$defs/link/properties/family/oneOf/0/enum",
    "surfaces": "$defs/surface/anyOf/0/enum",
    "surface": "$defs/subject/properties/surface/enum",
    "a kind of evasion": "$defs/tests/properties/evade/properties/kinds/items/enum",
}
# Refused by both. What only the code can know (names, patterns, other lines) is in tests/unit/rules.
BROKEN = [
    "[1]",
    "format: libmod-rules/2\npack: {id: p, version: 1}\nrules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]",
    "format: libmod-rules/1\n",
    HEAD,
    HEAD + "rules: []\n",
    HEAD + "rules: {}\n",
    "format: libmod-rules/1\npack: {id: p}\nrules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]",
    "format: libmod-rules/1\npack: {id: P, version: 1}\nrules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]",
    *(HEAD + x + "\nrules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]\n" for x in (
        "defaults: {view: fould}", "defaults: {view: []}", "defaults: {view: [raw, raw]}", "defaults: {view: link}",
        "defaults: {bound: edge}", "defaults: {mode: off}", "defaults: {on_limit: block}",
        "lists: [a]", "lists: {A: {words: [x]}}", "lists: {a: {}}", "lists: {a: {words: []}}", "lists: {a: {words: x}}",
        "lists: {a: {words: [x], file: b.lml}}", "lists: {a: {file: b.lml, config: b}}",
        "lists: {a: {file: b.lml, view: raw}}", "lists: {a: {config: B}}", "lists: {a: {words: [[x]]}}")),
    *(rule(x) for x in (
        "when: {word: x}", "score: 1", "score: 0, when: {word: x}", "score: 100.1, when: {word: x}",
        "score: '1', when: {word: x}", "action: allow, when: {word: x}", "severity: hgh, score: 1, when: {word: x}",
        "score: 1, when: {}", "score: 1, when: x", "score: 1, when: {wrd: x}", "score: 1, when: {word: x, re: y}",
        "score: 1, when: {word: x, not: [{word: y}]}", "score: 1, when: {word: []}", "score: 1, when: {all: []}",
        "score: 1, when: {not: [{word: x}]}", "score: 1, when: {all: [{not: [{word: x}]}]}",
        "score: 1, when: {any: [{not: [{word: x}]}], not: [{word: y}]}",
        "score: 1, when: {link: telegram}", "score: 1, when: {link: {family: telgram}}",
        "score: 1, when: {link: {family: []}}", "score: 1, when: {link: {host: 'https://example.org/'}}",
        "score: 1, when: {link: {}, view: raw}", "score: 1, when: {re: 'a', bound: word}",
        "score: 1, when: {word: x, view: link}", "score: 1, when: {near: {of: [{word: x}], within: 3}}",
        "score: 1, when: {near: {of: [{word: x}, {word: y}]}}",
        "score: 1, when: {near: {of: [{word: x}, {word: y}], within: 0}}",
        "score: 1, when: {near: {of: [{word: x}, {word: y}], within: 1001}}",
        "score: 1, when: {near: {of: [{word: x}, {word: y}], within: 3, ordered: yes}}",
        "score: 1, when: {near: {of: [{word: x}, {near: {}}], within: 3}}",
        "score: 1, when: {count: {of: {word: x}}}", "score: 1, when: {count: {of: [], min: 1}}",
        "score: 1, when: {count: {of: {word: x}, min: x}}",
        "score: 1, when: {word: x}, scope: {surfaces: [mesage]}", "score: 1, when: {word: x}, scope: {rooms: x}",
        "score: 1, when: {word: x}, scope: {rooms: {}}", "score: 1, when: {word: x}, scope: {rooms: []}",
        "score: 1, when: {word: x}, scope: {direct: 1}", "score: 1, when: {word: x}, scope: {sender_age_days: {}}",
        "score: 1, when: {word: x}, tests: {evade: {min_recall: 0.9}}",
        "score: 1, when: {word: x}, tests: {evade: {min_recall: 2, kinds: [leet]}}",
        "score: 1, when: {word: x}, tests: {evade: {min_recall: 1, kinds: []}}",
        "score: 1, when: {word: x}, tests: {given: {}}", "score: 1, when: {word: x}, tests: {hit: x}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, html: 1}]}",
        "score: 1, when: {word: x}, tests: {hit: [{view: raw}]}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, span: [0]}]}",
        "score: 1, when: {word: x}, tests: {miss: [{text: x, span: [0, 1]}]}",
        "score: 1, when: {word: x}, tests: {hit: [{text: x, subject: {surface: xx}}]}")),
]
# What only the code can know.
NAMES = r'^$|^there is no list|is neither one link nor a text|^"span" must be'


def at(path):
    """A place in the schema."""
    value = SCHEMA
    for step in path.split("/"):
        value = value[int(step) if isinstance(value, list) else step]
    return value


def document(text):
    """YAML as editors read it: version 1.2, in which `yes` is a text."""

    class Reader(yaml.SafeLoader):
        yaml_implicit_resolvers = {}

    for tag, form, first in (
        ("null", r"^(~|null|)$", "~n"),
        ("bool", r"^(true|false)$", "tf"),
        ("int", r"^-?[0-9]+$", "-0123456789"),
        ("float", r"^-?[0-9]+\.[0-9]*$", "-0123456789"),
    ):
        Reader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(form), [*first])
    return yaml.load(text, Reader)


def places(value, path=()):
    """Where each value stands, the root first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(value, path, change):
    """A copy in which change(holder, key) was done at one place."""
    holder = copy.deepcopy({"root": value})
    at_place = holder
    path = ("root", *path)
    for step in path[:-1]:
        at_place = at_place[step]
    change(at_place, path[-1])
    return holder["root"]


def without(holder, key):
    del holder[key]


def setting(value):
    """A change that puts a value in the place."""
    return lambda holder, key: holder.__setitem__(key, value)


@unittest.skipUnless(yaml, "Python has no yaml or jsonschema")
class Schema(SiteTest):
    def setUp(self):
        super().setUp()
        Draft7Validator.check_schema(SCHEMA)
        self.schema = Draft7Validator(SCHEMA)

    def loaded(self, texts):
        """What the code says of each pack: None, or why it is refused."""
        names = [self.write(f"packs/{n}.yaml", text).name for n, text in enumerate(texts)]
        said = dict.fromkeys(names)
        rows = self.run_modctl("--json", "rules", "check", *(f"packs/{x}" for x in names)).rows()
        for row in rows:
            if row["level"] == "error" and not row["pack"]:
                said[Path(row["file"]).name] = row["text"]
        return list(said.values())

    def test_good_packs(self):
        """Those that ship, those of the documentation and the seeds of the fuzzer, as far as they load."""
        texts = [path.read_text() for path in (*ROOT.glob("packs/*.yaml"), EVERY_KEY)]
        certain = len(texts)
        for path in ROOT.glob("docs/**/*.md"):
            blocks = re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
            texts += [block for block in blocks if "\nrules:" in block and "format: libmod-rules/1" in block]
        self.assertGreater(len(texts), certain)
        for path in (ROOT / "tests/fuzz/corpora/pack_yaml").iterdir():
            texts.append(path.read_bytes().decode("utf-8", "replace"))
        for n, (text, why) in enumerate(zip(texts, self.loaded(texts))):
            if n < certain:
                self.assertIsNone(why)
            if why is None:
                self.schema.validate(document(text))

    def test_broken_packs(self):
        for text, why in zip(BROKEN, self.loaded(BROKEN)):
            with self.subTest(text):
                self.assertIsNotNone(why)
                self.assertFalse(self.schema.is_valid(document(text)))

    def test_keys_and_values(self):
        """The keys and values that the code knows are those of the schema, and each is in every-key.yaml."""
        maps, choices = {}, {}
        for why in self.loaded(ASKING):
            key = re.fullmatch(r'unknown key "\w+" in (.*); known: (.*)', why)
            value = re.fullmatch(r'"(.*)" cannot be "zzzz": it is one of (.*)', why)
            self.assertTrue(key or value, why)
            (maps if key else choices)[(key or value)[1]] = set((key or value)[2].split(", "))
        self.assertEqual(maps, {name: set(at(path)) for name, path in MAPS.items()})
        self.assertEqual(choices, {name: set(at(path)) for name, path in CHOICES.items()})
        self.assertEqual({*at("$defs/views/oneOf/0/enum"), "link"}, choices["view"])
        self.assertEqual(at("$defs/views/oneOf/0/enum"), at("$defs/views/oneOf/1/items/enum"))
        used = {place[-1] for place in places(document(EVERY_KEY.read_text())) if place}
        for name, keys in maps.items():
            self.assertLessEqual(keys, used, name)

    def test_no_map_is_forgotten(self):
        """Every map that the code reads, by its source, is one of those that were asked about."""
        source = "".join(path.read_text() for path in (ROOT / "libmod/rules").glob("*.c"))
        named = set()
        for call in re.findall(r"\bread_keys\((?!const)([^;{]*)", source):
            named.update(re.findall(r'"([^"]+)"', call))
        self.assertGreater(len(named), 15)
        self.assertLessEqual(named, set(MAPS))

    def test_one_thing_changed(self):
        """Whatever is changed in a good pack: both take it, or both refuse it."""
        good = document(EVERY_KEY.read_text())
        changes = [setting([]), setting({}), setting(""), setting(7), setting("zzzz"), without]
        packs = []
        for path in places(good):
            for change in changes[: 6 if path else 5]:
                packs.append((path, changed(good, path, change)))
            inner = good
            for step in path:
                inner = inner[step]
            if isinstance(inner, dict):
                packs.append((path, changed(good, (*path, "zzzz"), setting(1))))
        loaded = self.loaded([json.dumps(pack, ensure_ascii=False) for _, pack in packs])
        for (path, pack), why in zip(packs, loaded):
            if self.schema.is_valid(pack):
                self.assertRegex(why or "", NAMES, path)
            else:
                self.assertIsNotNone(why, f"{path}: the schema refuses {json.dumps(pack)}")
