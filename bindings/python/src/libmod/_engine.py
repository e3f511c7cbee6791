"""The engine: one per process is enough. It holds the compiled lists and the media workers."""

import ctypes
import enum
import os
from collections.abc import Mapping
from typing import Any, Optional, Union

from ._config import Config, Path
from ._decision import Content, Decision, document
from ._library import ABI, Closable, encoded, library
from ._subject import Subject
from ._verdict import Verdict

Bytes = Union[bytes, bytearray, memoryview]
Text = Union[str, bytes]


class Need(enum.IntFlag):
    """What Engine.poll() asks for; more bits may come."""

    NOTHING = 0
    RELOAD = 1
    DECISIONS = 2


def _lent(content: Bytes) -> tuple[Any, int]:
    """A file in memory and its size, as ctypes lends it for one call; copied only when it must be."""
    if isinstance(content, bytearray) and content:
        return (ctypes.c_char * len(content)).from_buffer(content), len(content)
    data = content if isinstance(content, bytes) else bytes(content)
    return data, len(data)


class Engine(Closable):
    """Scans content. May be used by any number of threads at once, and before and after a fork.

    Closing it while scans are under way is safe: they end, and the last one frees it.
    """

    _kind = "engine"

    def __init__(self, config: Union[Config, Path]) -> None:
        """Opens an engine from a config or the path of one.

        A list that is missing or refused does not stop it unless it is `required`: scans then have
        partial coverage. Raises ConfigError, KeyFileError or ListError.
        """
        own = config if isinstance(config, Config) else Config.load(config)
        handle = library().make("lmod_engine_open", "lmod_engine_close", own.handle, ABI)
        handle.keep = own.log_function
        super().__init__(handle)

    def scan_text(self, text: Text, subject: Optional[Subject] = None) -> Verdict:
        """Scans a message, a title, a name. Spans in the verdict are offsets into its UTF-8 bytes."""
        data = encoded(text)
        return self._scan("lmod_scan_text", subject, data, len(data))

    def scan_bytes(self, content: Bytes, subject: Optional[Subject] = None) -> Verdict:
        """Scans a file that is in memory. Raises LibmodError: the content was then not looked at."""
        return self._scan("lmod_scan_bytes", subject, *_lent(content))

    def scan_file(self, file: Union[Path, int], subject: Optional[Subject] = None) -> Verdict:
        """Scans a regular file, by its path or an open descriptor (whose offset stays).

        Raises OSError when the path cannot be opened, FileError when it is not a regular file.
        """
        if isinstance(file, int):
            return self._scan("lmod_scan_fd", subject, file)
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            return self._scan("lmod_scan_fd", subject, fd)
        finally:
            os.close(fd)

    def recall(self, ref: Text, subject: Optional[Subject] = None) -> Verdict:
        """Judges what was scanned as the item `ref` of the same host, by whichever process, for where
        it appears now: against the lists and decisions of now with the hashes of then.

        Raises NotFoundError: never scanned, or clean and `media.seen` is off; scan it. Raises
        StoreError when that cannot be known.
        """
        data = encoded(ref)
        return self._scan("lmod_recall", subject, data, len(data))

    def report(
        self,
        subject: Optional[Subject] = None,
        *,
        content: Optional[Bytes] = None,
        text: Optional[Text] = None,
        reason: Optional[Text] = None,
    ) -> Verdict:
        """A person's report: an event for the review queue, whatever lists and rules say.

        Of a file (`content`), of a text, or with neither of the subject's item, which was scanned
        before or is reported as it is. `subject` says where the content is, not who reports it;
        `reason` is the reporter's text, at most 4096 bytes. The verdict's `event` is the event's id;
        with Recorded.FAILED the report could not be kept: ask for it again later.
        """
        if content is not None and text is not None:
            raise ValueError("a report is of a content or of a text, not of both")
        kind, data, size = Content.ITEM, None, 0
        if content is not None:
            kind, (data, size) = Content.MEDIA, _lent(content)
        elif text is not None:
            kind, data = Content.TEXT, encoded(text)
            size = len(data)
        why = None if reason is None else encoded(reason)
        why_size = 0 if why is None else len(why)
        return self._scan("lmod_report", subject, int(kind), data, size, why, why_size)

    def _scan(self, function: str, subject: Optional[Subject], *content: Any) -> Verdict:
        engine = self.handle
        lib = library()
        who = None if subject is None else subject.make()
        verdict = lib.make(function, "lmod_verdict_free", engine, who, *content)
        return Verdict(
            lib.dll.lmod_verdict_action(verdict),
            lib.dll.lmod_verdict_coverage(verdict),
            lib.dll.lmod_verdict_recorded(verdict),
            lib.text("lmod_verdict_json", verdict),
        )

    def decide(self, decision: Union[Mapping[str, Any], Text]) -> dict[str, Any]:
        """Takes a moderator's decision, as JSON or what can be written as JSON: "event_id" or
        "content_key", "action", and "scope", "reason", "reviewer", "id": docs/reference/events.md.

        In force in this process when it returns, in every other within a second. Gives "decision",
        "event", "action", "scope", "entries" and "earlier". Raises NotFoundError (unknown event or
        content), StateError (decided already), ArgumentError, StoreError.
        """
        data = document(decision)
        return library().doc("lmod_decide", self.handle, data, len(data)) or {}

    def next_decision(self, host: Optional[str] = None, lease_s: int = 60) -> Optional[Decision]:
        """The oldest decision that `host` (that of its scans' subjects) still has to act on; None when
        there is nothing to do. Nobody else gets it for `lease_s` seconds."""
        engine = self.handle
        name = None if host is None else encoded(host)
        size = 0 if name is None else len(name)
        if not 0 <= lease_s < 1 << 32:  # ctypes would cut it silently
            raise ValueError(f"lease_s is out of range: {lease_s}")
        data = library().doc("lmod_decision_next", engine, name, size, lease_s)
        return None if data is None else Decision(engine, host, data)

    def poll(self) -> Need:
        """Looks whether files changed or decisions wait. Cheap: call it from a timer of seconds."""
        need = ctypes.c_uint32()
        library().call("lmod_engine_poll", self.handle, ctypes.byref(need))
        return Need(need.value)

    def reload(self) -> None:
        """Reads the lists again and swaps them in; on failure what was loaded stays in force.

        Blocks while it reads: call it from a thread that may wait, after poll() asked for it.
        """
        library().call("lmod_engine_reload", self.handle)

    def stats(self) -> dict[str, Any]:
        """Counters and states: docs/reference/stats.md."""
        return library().doc("lmod_engine_stats", self.handle) or {}
