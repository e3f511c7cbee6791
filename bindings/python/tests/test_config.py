"""Configuration, its errors with their place, and the log."""

import pathlib
import pickle

import pytest

import libmod


def test_load_and_values(site: pathlib.Path) -> None:
    with libmod.Config.load(site / "libmod.yaml") as config:
        values = {setting.key: setting for setting in config.values()}
    assert (values["mode"].value, values["mode"].origin) == ("enforce", "file")
    assert values["selftest"].origin == "default"


def test_set(site: pathlib.Path) -> None:
    config = libmod.Config.load(str(site / "libmod.yaml"))
    config.set("mode", "observe")
    values = {setting.key: setting for setting in config.values()}
    assert (values["mode"].value, values["mode"].origin) == ("observe", "set")
    with libmod.Engine(config) as engine:
        verdict = engine.scan_file(site / "listed.bin")
    assert (verdict.action, verdict.would) == (libmod.Action.ALLOW, libmod.Action.HOLD)
    assert verdict.mode == "observe"


def test_a_refused_key_changes_nothing(site: pathlib.Path) -> None:
    config = libmod.Config.load(site / "libmod.yaml")
    before = config.doc()
    with pytest.raises(libmod.ConfigError, match="wall_ms") as caught:
        config.set("media.wal_ms", "2000")
    assert caught.value.status == -40
    with pytest.raises(libmod.ConfigError):
        config.set("mode", "sometimes")
    with pytest.raises(ValueError):
        config.set("mode", "enforce\0")
    assert config.doc() == before


def test_an_error_has_its_place(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "libmod.yaml"
    path.write_text("format: libmod/1\nmode: enforc\n")
    with pytest.raises(libmod.ConfigError) as caught:
        libmod.Config.load(path)
    error = caught.value
    assert (error.name, error.file, error.line) == ("LMOD_E_CONFIG", str(path), 2)
    assert error.column == 7
    assert f"{path}:2:7" in str(error) and "enforce" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is libmod.ConfigError
    assert (again.line, again.message) == (error.line, error.message)


def test_a_missing_file(tmp_path: pathlib.Path) -> None:
    with pytest.raises(libmod.FileError, match="nothing.yaml"):
        libmod.Config.load(tmp_path / "nothing.yaml")


def test_parse(site: pathlib.Path) -> None:
    text = (site / "libmod.yaml").read_bytes()
    with libmod.Engine(libmod.Config.parse(text, base=site)) as engine:
        assert engine.scan_file(site / "listed.bin").action == libmod.Action.HOLD
    with pytest.raises(libmod.ConfigError):
        libmod.Config.parse("mode: [")
    with pytest.raises(libmod.ConfigError):
        libmod.Config.parse(b"\xff\xfe\x00")


def test_closed(site: pathlib.Path) -> None:
    config = libmod.Config.load(site / "libmod.yaml")
    config.close()
    config.close()
    with pytest.raises(ValueError):
        config.values()
    with pytest.raises(ValueError):
        libmod.Engine(config)


def test_the_log_outlives_the_config(site: pathlib.Path) -> None:
    said: list[tuple[int, str]] = []
    config = libmod.Config.load(site / "libmod.yaml")
    config.set("media.worker", str(site / "no-worker"))
    config.log(lambda level, message: said.append((level, message)))
    engine = libmod.Engine(config)
    del config
    assert [level for level, _ in said] == [libmod.LogLevel.ERROR]
    assert "worker" in said[0][1]
    (site / "ban.lml").write_bytes(b"broken")
    with pytest.raises(libmod.ListError):
        engine.reload()
    assert any("ban.lml" in message for _, message in said[1:])
    engine.close()


def test_a_log_that_raises_is_harmless(
    site: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", caught.append)
    config = libmod.Config.load(site / "libmod.yaml")
    config.set("media.worker", str(site / "no-worker"))

    def broken(level: int, message: str) -> None:
        raise RuntimeError(message)

    config.log(broken)
    with libmod.Engine(config) as engine:
        assert engine.scan_file(site / "listed.bin").action == libmod.Action.HOLD
    assert caught
    config.log(None)
    libmod.Engine(config).close()
