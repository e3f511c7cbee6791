"""Checks who includes whom: a room of libmod is used by its door, and only by the rooms that may."""

import ast
import re
from pathlib import Path

import tree

# The table of docs/ARCHITECTURE.md. "hash" in a row: may include "hash/hash.h".
ROOMS = {
    "base": [],
    "crypto": ["base"],
    "hash": ["base"],
    "shapes": ["base", "hash"],
    "yaml": ["base"],
    "wire": ["base"],
    "lists": ["base", "crypto", "hash"],
    "media": ["base", "hash", "wire"],
    "text": ["base", "crypto"],
    "rules": ["base", "text", "yaml"],
    "store": ["base", "crypto"],
    "events": ["base", "crypto", "store"],
    "engine": [
        "base", "crypto", "hash", "yaml", "lists", "wire", "media", "text", "rules", "store", "events",
    ],
    "api": ["base", "engine"],
}
PROGRAMS = {"media-worker": ["base", "hash", "shapes", "wire"], "modctl": [x for x in ROOMS if x not in ("api", "shapes")]}

# Doors beside <room>/<room>.h.
MORE_DOORS = {"engine": ["engine/config.h", "engine/policy.h"], "store": ["store/decision.h"]}

# Libraries from outside, each kept in one place.
OUTSIDE = {
    "jansson.h": ["base"],
    "openssl/": ["crypto"],
    "yaml.h": ["yaml"],
    "pcre2.h": ["rules"],
    "sqlite3.h": ["store"],
    "expat.h": ["modctl"],
    "vips/": ["media-worker"],
    "webp/": ["media-worker"],
    "linux/seccomp": ["media-worker"],
    "linux/landlock": ["media-worker"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def place(path: Path) -> tuple[str, list[str]] | None:
    """The room or program of a file and the rooms it may use; None for files without rules."""
    parts = path.parts
    if parts[0] == "libmod" and len(parts) > 2:
        return parts[1], ROOMS.get(parts[1], [])
    if parts[0] == "programs" and len(parts) > 2:
        return parts[1], PROGRAMS.get(parts[1], [])
    if parts[:2] == ("tests", "unit") and len(parts) > 3 and parts[2] in ROOMS:
        return parts[2], ROOMS[parts[2]]
    return None


def allowed(own: str, used: list[str], name: str, path: Path) -> bool:
    """May a file of room `own` include "name"?"""
    if "/" not in name:  # beside the file, or from tests/support
        beside = (tree.ROOT / path).parent / name
        return beside.is_file() or (path.parts[0] == "tests" and support(name))
    room = name.split("/")[0]
    if room == own:
        return True
    return room in used and name in [f"{room}/{room}.h", *MORE_DOORS.get(room, [])]


def support(name: str) -> bool:
    """Is it a header of tests/support?"""
    return (tree.ROOT / "tests/support" / name).is_file()


def check_includes() -> list[str]:
    """Every include of every file against the tables."""
    problems = []
    for path in tree.files(".c", ".h"):
        found = place(path)
        if not found:
            continue
        own, used = found
        if own not in ROOMS and own not in PROGRAMS:
            problems.append(f"{path}: {own} is not in the table of tests/style/check_rooms.py")
        for bracket, name in INCLUDE.findall(tree.text(path) or ""):
            if bracket == '"' and not allowed(own, used, name, path):
                problems.append(f'{path}: may not include "{name}"')
            for prefix, owners in OUTSIDE.items():
                tests = path.parts[0] == "tests"
                if bracket == "<" and name.startswith(prefix) and own not in owners and not tests:
                    problems.append(f"{path}: <{name}> belongs to {', '.join(owners)}")
    return problems


def check_meson() -> list[str]:
    """libmod/meson.build must link what the table says."""
    source = tree.text(Path("libmod/meson.build")) or ""
    found = re.search(r"^room_uses = (\{.*?^\})", source, re.MULTILINE | re.DOTALL)
    linked = ast.literal_eval(found.group(1)) if found else {}
    problems = []
    for room in sorted(set(linked) | set(ROOMS)):
        if room != "api" and sorted(linked.get(room, ["?"])) != sorted(ROOMS.get(room, ["?"])):
            problems.append(f"libmod/meson.build: room_uses of {room} differs from the table")
    return problems


def check_public() -> list[str]:
    """Public headers stand on each other and the C library alone."""
    problems = []
    for path in tree.files(".h"):
        if path.parts[0] != "include":
            continue
        for bracket, name in INCLUDE.findall(tree.text(path) or ""):
            if bracket == '"' or not re.match(r"(libmod/\w+\.h|stddef\.h|stdint\.h)$", name):
                problems.append(f"{path}: a public header may not include {name}")
    return problems


if __name__ == "__main__":
    tree.finish("rooms", check_includes() + check_meson() + check_public())
