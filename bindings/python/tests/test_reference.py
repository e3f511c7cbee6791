"""The reference pages name everything that the library says, and nothing that it does not."""

import pathlib
import re

import pytest

import libmod

REFERENCE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "reference"

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="not in the source tree")


def rows(page: str) -> list[str]:
    """The first columns of the tables of a page."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return re.findall(r"^\| (`.*?) \|", text, re.M)


def keys_of(row: str) -> list[str]:
    """The names in one of them."""
    return re.findall(r"`([^`]+)`", row)


def keys(page: str) -> set[str]:
    """The names in all of them."""
    return {name for row in rows(page) for name in keys_of(row)}


def test_verdict(engine: libmod.Engine, site: pathlib.Path) -> None:
    data = engine.scan_file(site / "listed.png").data
    assert keys("verdict.md") == set(data) | set(data["matches"][0])


def paths(value: object, prefix: str = "") -> list[str]:
    """The dotted names of a document's values; the items of a list without their number."""
    if isinstance(value, dict):
        return [path for key, item in value.items() for path in paths(item, f"{prefix}{key}.")]
    return [prefix[:-1]]


def test_stats(engine: libmod.Engine, site: pathlib.Path) -> None:
    engine.scan_file(site / "listed.png")
    stats = engine.stats()
    named = keys("stats.md")
    # "`action.allow` … `action.block`" stands for what lies between.
    families = {name.rpartition(".")[0] for row in rows("stats.md") if "…" in row for name in keys_of(row)}
    objects = ("store", "worker")  # with tables of their own
    inner = [path for name in objects for path in paths(stats[name])]
    for path in paths({k: v for k, v in stats.items() if k not in objects}) + inner:
        assert path in named or path.rpartition(".")[0] in families, path
    assert set(stats["lists"][0]) <= named
    known = {*paths(stats), *inner, *stats["lists"][0], "lists", *objects}
    assert named <= known


@pytest.mark.no_library
def test_status() -> None:
    from libmod._errors import CLASSES

    text = (REFERENCE / "status.md").read_text(encoding="utf-8")
    table = {int(n) for n in re.findall(r"^\| `LMOD_\w+` \| (-?\d+) \|", text, re.M)}
    assert table == {0, *CLASSES}


def test_status_names() -> None:
    text = (REFERENCE / "status.md").read_text(encoding="utf-8")
    for name, number in re.findall(r"^\| `(LMOD_\w+)` \| (-?\d+) \|", text, re.M):
        assert libmod.status_name(int(number)) == name


@pytest.mark.no_library
def test_every_function_has_its_statuses() -> None:
    include = REFERENCE.parents[1] / "include" / "libmod"
    text = "".join(path.read_text(encoding="utf-8") for path in include.glob("*.h"))
    fallible = set(re.findall(r"^int32_t\s+(lmod_\w+)\(", text, re.M)) - {"lmod_error_status"}
    page = (REFERENCE / "status.md").read_text(encoding="utf-8").partition("## Which function")[2]
    assert set(re.findall(r"`(lmod_\w+)`", page)) == fallible
