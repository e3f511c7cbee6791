"""Configuration: libmod.yaml as the library read it."""

import enum
import os
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

from ._library import LOG_FUNCTION, Closable, Handle, encoded, library

Path = Union[str, "os.PathLike[str]"]


class LogLevel(enum.IntEnum):
    """How urgent a log message is; compare with <."""

    INFO = 10
    WARNING = 20
    ERROR = 30


@dataclass(frozen=True)
class Setting:
    """One effective value. `origin` is "file", "set" or "default"."""

    key: str
    value: Any
    origin: str


class Config(Closable):
    """Checked values of libmod.yaml. Engines keep their own copy.

    A config is for one thread at a time, unlike the engines that are opened from it.
    """

    _kind = "config"

    def __init__(self, handle: Handle) -> None:
        """Not for callers: see load() and parse()."""
        super().__init__(handle)
        self._log: Any = None

    @classmethod
    def load(cls, path: Path) -> "Config":
        """Reads a file. Paths in it are relative to it. Raises ConfigError or FileError."""
        return cls(library().make("lmod_config_load", "lmod_config_free", os.fsencode(path)))

    @classmethod
    def parse(cls, text: Union[str, bytes], base: Optional[Path] = None) -> "Config":
        """The same from memory; paths are relative to `base`, or to the current directory."""
        data = encoded(text)
        start = None if base is None else os.fsencode(base)
        return cls(
            library().make("lmod_config_parse", "lmod_config_free", data, len(data), start)
        )

    @property
    def log_function(self) -> Any:
        """For Engine: what must live as long as it does."""
        return self._log

    def set(self, key: str, value: str) -> None:
        """Sets one key by its dotted name, with the value written as in the file, such as
        ("media.wall_ms", "2000"). Raises ConfigError and leaves everything as it was."""
        if "\0" in key or "\0" in value:
            raise ValueError("a NUL character in a key or value")
        library().call("lmod_config_set", self.handle, key.encode(), value.encode())

    def log(self, function: Optional[Callable[[int, str], object]]) -> None:
        """Sets what engines opened from here call with (level, message): see LogLevel. None: nothing.

        It runs inside a call of the engine, in the calling thread, and must not use that engine. What
        it raises is printed by sys.unraisablehook and otherwise ignored.
        """
        if function is None:
            callback = LOG_FUNCTION()
        else:
            tell = function

            def callback_body(_user: Any, level: int, message: bytes) -> None:
                tell(level, message.decode("utf-8", "replace"))

            callback = LOG_FUNCTION(callback_body)
        status = library().dll.lmod_config_log(self.handle, callback, None)
        library().check(status, "log")
        self._log = callback

    def values(self) -> list[Setting]:
        """The effective values."""
        return [Setting(v["key"], v["value"], v["origin"]) for v in self.doc()["values"]]

    def doc(self) -> dict[str, Any]:
        """The same as the library gives it: {"values": [{"key", "value", "origin"}, …]}."""
        return library().doc("lmod_config_doc", self.handle) or {}
