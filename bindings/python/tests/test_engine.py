"""Scanning, reloading, statistics, and what a verdict holds."""

import datetime
import json
import os
import pathlib
import pickle
import shutil

import pytest

import libmod
from libmod import Action, Coverage, Recorded, Subject, Surface


def test_a_listed_picture(engine: libmod.Engine, site: pathlib.Path) -> None:
    verdict = engine.scan_file(site / "listed.png")
    assert (verdict.action, verdict.coverage) == (Action.HOLD, Coverage.COMPLETE)
    assert verdict.recorded == Recorded.OK and verdict.event is not None
    (match,) = verdict.matches
    assert (match.kind, match.source, match.entry) == ("list", "ban", "picture")
    assert (match.signal, match.strategy, match.distance) == ("pdq", "plain", 0)
    assert (match.harm, match.severity, match.action) == ("m.adult.ncii", "high", Action.HOLD)
    assert match.suppressed is False and match.view is None
    assert json.loads(verdict.json()) == verdict.data
    assert verdict.content is not None and verdict.content.startswith("h1:")
    assert repr(verdict) == "<Verdict hold, complete>"


@pytest.mark.parametrize(
    ("name", "action", "coverage", "reasons"),
    [
        ("listed.png", Action.HOLD, Coverage.COMPLETE, []),
        ("mirror.png", Action.HOLD, Coverage.COMPLETE, []),
        ("clean.png", Action.ALLOW, Coverage.COMPLETE, []),
        ("listed.bin", Action.HOLD, Coverage.PARTIAL, ["unsupported"]),
    ],
)
def test_every_way_in_says_the_same(
    engine: libmod.Engine,
    site: pathlib.Path,
    name: str,
    action: Action,
    coverage: Coverage,
    reasons: list[str],
) -> None:
    content = (site / name).read_bytes()
    with open(site / name, "rb") as file:
        file.seek(7)
        verdicts = [
            engine.scan_file(site / name),
            engine.scan_file(str(site / name)),
            engine.scan_file(file.fileno()),
            engine.scan_bytes(content),
            engine.scan_bytes(bytearray(content)),
            engine.scan_bytes(memoryview(content)),
            engine.scan_bytes(memoryview(content + content)[: len(content)]),
        ]
        assert file.tell() == 7
    for verdict in verdicts:
        assert (verdict.action, verdict.coverage, verdict.reasons) == (action, coverage, reasons)
    assert len({verdict.content for verdict in verdicts}) == 1


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b"")])
def test_nothing(engine: libmod.Engine, empty: bytes) -> None:
    verdict = engine.scan_bytes(empty)
    assert verdict.coverage != Coverage.COMPLETE
    assert verdict.reasons == ["undecodable"]


def test_what_cannot_be_scanned(engine: libmod.Engine, site: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        engine.scan_file(site / "missing")
    with pytest.raises(libmod.FileError):
        engine.scan_file(site)
    os.mkfifo(site / "pipe")
    with pytest.raises(libmod.FileError):
        engine.scan_file(site / "pipe")
    with pytest.raises(libmod.FileError):
        engine.scan_file(999999)
    with pytest.raises(libmod.ArgumentError):
        engine.scan_file(-1)
    assert engine.scan_file(site / "clean.png").action == Action.ALLOW


def test_no_descriptor_is_left(engine: libmod.Engine, site: pathlib.Path) -> None:
    engine.scan_file(site / "clean.png")
    before = len(os.listdir("/proc/self/fd"))
    for name in ("clean.png", "listed.bin", "site.key"):
        engine.scan_file(site / name)
    with pytest.raises(libmod.FileError):
        engine.scan_file(site)
    assert len(os.listdir("/proc/self/fd")) == before


def test_subject(engine: libmod.Engine, site: pathlib.Path) -> None:
    full = Subject(
        host="example.org",
        room="!room:example.org",
        sender="@someone:example.org",
        item="mxc://example.org/abc",
        mime="image/png",
        file_name="a\0b\udcff.png",
        text_format="text/html",
        surface=Surface.AVATAR,
        at=datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
        encrypted=False,
        direct=True,
        sender_age_days=3,
        deadline_ms=5000,
    )
    assert engine.scan_file(site / "listed.png", full).action == Action.HOLD
    assert engine.scan_file(site / "listed.png", Subject(at=1767312000000)).action == Action.HOLD


@pytest.mark.parametrize(
    "subject",
    [
        Subject(sender="x" * 4097),
        Subject(surface=99),  # type: ignore[arg-type]
        Subject(encrypted=2),  # type: ignore[arg-type]
        Subject(at=-1),
        Subject(sender_age_days=1 << 64),
        Subject(at=datetime.datetime(2026, 1, 2)),
    ],
)
def test_a_subject_out_of_range(engine: libmod.Engine, subject: Subject) -> None:
    """All are ValueErrors, whoever finds them."""
    with pytest.raises(ValueError, match="subject: "):
        engine.scan_bytes(b"x", subject)


def test_policy_follows_the_subject(site: pathlib.Path) -> None:
    text = (site / "libmod.yaml").read_text()
    text += "policy: {exempt: {rooms: ['#moderation:example.org']}, surfaces: {avatar: {max: flag}}}\n"
    with libmod.Engine(libmod.Config.parse(text, base=site)) as engine:
        exempt = engine.scan_file(site / "listed.bin", Subject(room="#moderation:example.org"))
        avatar = engine.scan_file(site / "listed.bin", Subject(surface=Surface.AVATAR))
    assert (exempt.action, exempt.coverage) == (Action.ALLOW, Coverage.NOT_RUN)
    assert exempt.reasons == ["exempt"]
    assert avatar.action == Action.FLAG


def test_poll_and_reload(engine: libmod.Engine, site: pathlib.Path) -> None:
    assert engine.poll() == libmod.Need.NOTHING
    shutil.copy(site / "other.lml", site / "fresh.lml")
    os.replace(site / "fresh.lml", site / "ban.lml")
    assert libmod.Need.RELOAD in engine.poll()
    assert engine.scan_file(site / "listed.png").action == Action.HOLD
    engine.reload()
    assert engine.poll() == libmod.Need.NOTHING
    assert engine.scan_file(site / "listed.png").action == Action.ALLOW
    assert engine.scan_file(site / "clean.png").action == Action.HOLD
    assert engine.stats()["reloads"] == 1


def test_a_required_list(site: pathlib.Path) -> None:
    text = (site / "libmod.yaml").read_text().replace("action: hold", "required: true, action: hold")
    with libmod.Engine(libmod.Config.parse(text, base=site)) as engine:
        (site / "ban.lml").write_bytes(b"broken")
        with pytest.raises(libmod.ListError):
            engine.reload()
        assert engine.scan_file(site / "listed.png").action == Action.HOLD
    with pytest.raises(libmod.ListError, match="ban.lml"):
        libmod.Engine(libmod.Config.parse(text, base=site))


def test_a_list_that_is_not_there(site: pathlib.Path) -> None:
    (site / "ban.lml").unlink()
    with libmod.Engine(site / "libmod.yaml") as engine:
        verdict = engine.scan_file(site / "clean.png")
    assert verdict.coverage == Coverage.PARTIAL
    assert "list" in verdict.reasons


def test_no_key(site: pathlib.Path) -> None:
    (site / "site.key").unlink()
    with pytest.raises(libmod.KeyFileError):
        libmod.Engine(site / "libmod.yaml")


def test_no_worker(site: pathlib.Path) -> None:
    config = libmod.Config.load(site / "libmod.yaml")
    config.set("media.worker", "/nowhere/media-worker")
    with libmod.Engine(config) as engine:
        verdict = engine.scan_file(site / "clean.png")
        assert engine.scan_file(site / "listed.bin").action == Action.HOLD
    assert verdict.coverage != Coverage.COMPLETE and verdict.reasons == ["worker"]


def test_stats(engine: libmod.Engine, site: pathlib.Path) -> None:
    engine.scan_file(site / "listed.png")
    engine.scan_file(site / "clean.png")
    stats = engine.stats()
    assert stats["scans"] == 2
    assert (stats["action"]["hold"], stats["action"]["allow"]) == (1, 1)
    assert stats["lists"][0]["id"] == "ban"
    assert stats["worker"]["jobs"] == 2
    assert (stats["store"]["recorded"], stats["store"]["unrecorded"]) == (1, 0)


def test_closed(site: pathlib.Path) -> None:
    engine = libmod.Engine(site / "libmod.yaml")
    verdict = engine.scan_file(site / "listed.png")
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="closed"):
        engine.scan_bytes(b"x")
    with pytest.raises(ValueError, match="closed"):
        engine.stats()
    assert verdict.matches[0].entry == "picture"


def test_a_verdict_travels(engine: libmod.Engine, site: pathlib.Path) -> None:
    verdict = engine.scan_file(site / "listed.png")
    again = pickle.loads(pickle.dumps(verdict))
    assert (again.action, again.coverage, again.data) == (
        verdict.action,
        verdict.coverage,
        verdict.data,
    )


@pytest.mark.no_library
def test_numbers_of_later_releases() -> None:
    later = Action(25)
    assert Action.HOLD < later < Action.BLOCK
    assert later.name == "UNKNOWN_25" and int(later) == 25
    assert pickle.loads(pickle.dumps(later)) == 25
    with pytest.raises(ValueError):
        Action("hold")  # type: ignore[arg-type]
    assert Action.named("hold") is Action.HOLD
    assert Action.named("quarantine") is Action.FLAG
    text = b'{"would":"quarantine","matches":[{"kind":"list","new":1,"action":"hold"}],"reasons":null}'
    verdict = libmod.Verdict(25, 15, 99, text)
    assert (verdict.action, verdict.coverage, verdict.recorded) == (25, 15, 99)
    assert verdict.would is Action.FLAG and verdict.reasons == []
    assert verdict.matches == [libmod.Match(kind="list", action=Action.HOLD)]


@pytest.mark.no_library
def test_errors_of_later_releases() -> None:
    from libmod._errors import raise_error

    with pytest.raises(libmod.LibmodError) as caught:
        raise_error(-999, "LMOD_E_?", "something new")
    assert type(caught.value) is libmod.LibmodError
    assert str(caught.value) == "something new (LMOD_E_?)"


def test_what_is_recorded(engine: libmod.Engine, site: pathlib.Path) -> None:
    """A finding is; a clean content is not. The same finding again is the same event."""
    clean = engine.scan_file(site / "clean.png", Subject(item="a"))
    assert (clean.recorded, clean.event) == (Recorded.NONE, None)
    first = engine.scan_file(site / "listed.png", Subject(item="a"))
    again = engine.scan_file(site / "listed.png", Subject(item="a"))
    other = engine.scan_file(site / "listed.png", Subject(item="b"))
    assert {v.recorded for v in (first, again, other)} == {Recorded.OK}
    assert first.event == again.event != other.event


def test_texts_have_verdicts(engine: libmod.Engine) -> None:
    for text in ("", "hello", b"bad \xff bytes", "\ud800"):
        verdict = engine.scan_text(text)
        assert verdict.action == libmod.Action.ALLOW
        assert verdict.coverage == libmod.Coverage.COMPLETE
