"""Reports and decisions: what people say about a content, and what a host has to do about it."""

import enum
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Optional

from ._errors import LibmodError
from ._library import Handle, encoded, library


class Content(enum.IntEnum):
    """What a report is given."""

    ITEM = 0
    MEDIA = 1
    TEXT = 2


class Outcome(enum.IntEnum):
    """What became of a decision."""

    DONE = 0
    """The host acted."""
    GONE = 10
    """There was nothing left to act on."""
    FAILED = 20
    """The host cannot do it and will not try again."""
    AGAIN = 30
    """Not now: give the lease back, it comes again."""


@dataclass(frozen=True)
class Item:
    """Where the content is, as the host named it when it was scanned."""

    item: Optional[str] = None
    surface: Optional[str] = None
    room: Optional[str] = None
    sender: Optional[str] = None


class Decision:
    """A decision that this process has leased: act on it, then say what became of it.

        with decision:
            act(decision)

    acknowledges it as DONE, or gives it back (AGAIN) when the block raises. Acting must be idempotent:
    a decision comes again when the process dies, or the lease runs out, before it is acknowledged.
    """

    def __init__(self, engine: Handle, host: Optional[str], data: dict[str, Any]) -> None:
        """Not for callers: see Engine.next_decision()."""
        self._engine = engine
        self._host = host
        self._acked = False
        self.data = data
        """All of it, as the library gave it."""

    @property
    def id(self) -> str:
        """Stable: the same each time it comes."""
        return str(self.data["decision"])

    @property
    def event(self) -> Optional[str]:
        """The id of the event that was decided; None: a content as such was."""
        return self.data.get("event")

    @property
    def action(self) -> str:
        """ "remove", "hold", "restore", "dismiss", "withdraw"."""
        return str(self.data.get("action"))

    @property
    def scope(self) -> str:
        """What it is about: "item", "content", "sender", "room"."""
        return str(self.data.get("scope"))

    @property
    def reason(self) -> Optional[str]:
        """The moderator's."""
        return self.data.get("reason")

    @property
    def content(self) -> Optional[str]:
        """The content key ("h1:…")."""
        return self.data.get("content")

    @property
    def tries(self) -> int:
        """How often it was leased, this time included."""
        return int(self.data.get("tries") or 1)

    @property
    def items(self) -> list[Item]:
        """What to act on: the one item, those of the content; the item whose sender or room it is."""
        return [
            Item(*[i.get(key) for key in ("item", "surface", "room", "sender")])
            for i in self.data.get("items") or []
        ]

    def ack(self, outcome: Outcome = Outcome.DONE) -> None:
        """Says what became of it: it does not come again, except with AGAIN. Twice is fine.

        Raises StoreError: it will come again, to this or another process.
        """
        host = None if self._host is None else encoded(self._host)
        size = 0 if host is None else len(host)
        library().call("lmod_decision_ack", self._engine, encoded(self.id), host, size, int(outcome))
        self._acked = True

    def __enter__(self) -> "Decision":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if self._acked:
            return
        if error is None:
            self.ack()
            return
        try:
            self.ack(Outcome.AGAIN)
        except LibmodError:
            pass  # the lease runs out; what was raised matters more

    def __repr__(self) -> str:
        return f"<Decision {self.id}: {self.action} {self.scope}>"


def document(decision: Any) -> bytes:
    """A decision as the library takes it: JSON, or what can be written as JSON."""
    if isinstance(decision, (str, bytes)):
        return encoded(decision)
    return json.dumps(dict(decision)).encode("ascii")
