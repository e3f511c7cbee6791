"""Classifies what people send to a server, before others see it.

    with libmod.Engine("/etc/libmod/libmod.yaml") as engine:
        verdict = engine.scan_file("upload.jpg", libmod.Subject(surface=libmod.Surface.UPLOAD))
        if verdict.action >= libmod.Action.HOLD:
            ...

What a moderator decided comes back in a loop, `engine.next_decision(host)`: see Decision.

Everything here may be used from any thread, and before and after a fork. The calls that wait (scans,
opening, reloading) release the interpreter lock.
"""

from ._config import Config, LogLevel, Setting
from ._decision import Content, Decision, Item, Outcome
from ._engine import Engine, Need
from ._errors import (
    ArgumentError,
    ConfigError,
    DeadlineError,
    FileError,
    ForkedError,
    InternalError,
    KeyFileError,
    LibmodError,
    ListError,
    NotFoundError,
    OutOfMemoryError,
    RulesError,
    StateError,
    StoreError,
    UnsupportedError,
    WorkerError,
)
from ._library import ABI, abi, feature, load, status_name, version
from ._subject import Subject, Surface
from ._verdict import Action, Coverage, Match, Recorded, Verdict

__version__ = "0.1.0"

__all__ = [
    "ABI",
    "Action",
    "ArgumentError",
    "Config",
    "ConfigError",
    "Content",
    "Coverage",
    "DeadlineError",
    "Decision",
    "Engine",
    "FileError",
    "ForkedError",
    "InternalError",
    "Item",
    "KeyFileError",
    "LibmodError",
    "ListError",
    "LogLevel",
    "Match",
    "Need",
    "NotFoundError",
    "OutOfMemoryError",
    "Outcome",
    "Recorded",
    "RulesError",
    "Setting",
    "StateError",
    "StoreError",
    "Subject",
    "Surface",
    "UnsupportedError",
    "Verdict",
    "WorkerError",
    "abi",
    "feature",
    "load",
    "status_name",
    "version",
]
