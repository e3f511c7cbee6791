"""The verdict: what a scan found, what the host must do, and how much was looked at."""

import enum
import json
from dataclasses import dataclass, fields
from typing import Any, Optional, TypeVar

_Number = TypeVar("_Number", bound="_OpenEnum")


class _OpenEnum(enum.IntEnum):
    """Numbers of the ABI: one that a later release added is accepted and keeps its order."""

    @classmethod
    def _missing_(cls: type[_Number], value: object) -> Optional[_Number]:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    def __reduce_ex__(self, protocol: object) -> tuple[type["_OpenEnum"], tuple[int]]:
        return type(self), (int(self),)  # by number: a later one has no name to find


class Action(_OpenEnum):
    """From least to most; compare with <. Treat an unknown one as the next lower one you know."""

    ALLOW = 0
    FLAG = 10
    HOLD = 20
    BLOCK = 30

    @classmethod
    def named(cls, name: str) -> "Action":
        """By its name in the JSON. One of a later release counts as FLAG: somebody should look."""
        return _NAMED.get(name, cls.FLAG)


_NAMED = {action.name.lower(): action for action in Action}


class Coverage(_OpenEnum):
    """How much of the content was looked at."""

    COMPLETE = 0
    PARTIAL = 10
    NOT_RUN = 20


class Recorded(_OpenEnum):
    """Whether the event of the verdict is safe in the store."""

    NONE = 0
    OK = 10
    FAILED = 20


@dataclass(frozen=True)
class Match:
    """One finding. None where it does not apply; the fields: docs/reference/verdict.md."""

    kind: str
    source: Optional[str] = None
    version: Optional[str] = None
    entry: Optional[str] = None
    rule: Optional[str] = None
    signal: Optional[str] = None
    distance: Optional[int] = None
    strategy: Optional[str] = None
    frame: Optional[int] = None
    view: Optional[str] = None
    start: Optional[int] = None
    end: Optional[int] = None
    score: Optional[float] = None
    harm: Optional[str] = None
    severity: Optional[str] = None
    action: Action = Action.ALLOW
    mode: Optional[str] = None
    suppressed: bool = False


_MATCH_FIELDS = {field.name for field in fields(Match)}


def _match(data: dict[str, Any]) -> Match:
    """A match from its JSON. Keys of a later release are left out; they are in Verdict.data."""
    known = {key: value for key, value in data.items() if key in _MATCH_FIELDS and value is not None}
    known["action"] = Action.named(data.get("action") or "allow")
    return Match(**{"kind": "?", **known})


class Verdict:
    """What a scan found. Holds nothing of the library: share it between threads, pickle it, keep it."""

    __slots__ = ("_data", "_json", "action", "coverage", "recorded")

    action: Action
    """What the host must do now. The mode is already in it: obey this and nothing else."""
    coverage: Coverage
    """How much was looked at."""
    recorded: Recorded
    """Whether the event is safe in the store."""

    def __init__(self, action: int, coverage: int, recorded: int, text: bytes) -> None:
        self.action = Action(action)
        self.coverage = Coverage(coverage)
        self.recorded = Recorded(recorded)
        self._json = text
        self._data: Optional[dict[str, Any]] = None

    def json(self) -> str:
        """The whole verdict as the library wrote it, one line of JSON. Never holds the content."""
        return self._json.decode("utf-8", "replace")

    @property
    def data(self) -> dict[str, Any]:
        """The same, parsed: docs/reference/verdict.md."""
        if self._data is None:
            self._data = json.loads(self.json())
        return self._data

    @property
    def would(self) -> Action:
        """What would have to be done if everything were in enforce. For moderators, not to obey."""
        return Action.named(self.data.get("would") or "allow")

    @property
    def mode(self) -> str:
        """ "observe" or "enforce"."""
        return str(self.data.get("mode"))

    @property
    def reasons(self) -> list[str]:
        """Why coverage is not complete: "limit", "timeout", "undecodable" …"""
        return list(self.data.get("reasons") or [])

    @property
    def matches(self) -> list[Match]:
        """The findings, at most 64."""
        return [_match(match) for match in self.data.get("matches") or []]

    @property
    def dropped(self) -> int:
        """How many findings there were beyond those."""
        return int(self.data.get("dropped") or 0)

    @property
    def content(self) -> Optional[str]:
        """The content key ("h1:…"), the same for the same content on this site."""
        return self.data.get("content")

    @property
    def event(self) -> Optional[str]:
        """The id of the recorded event."""
        return self.data.get("event")

    def __reduce__(self) -> tuple[Any, ...]:
        return Verdict, (int(self.action), int(self.coverage), int(self.recorded), self._json)

    def __repr__(self) -> str:
        return f"<Verdict {self.action.name.lower()}, {self.coverage.name.lower()}>"
