"""The engine: one per process is enough. It holds the compiled lists and the media workers."""

import ctypes
import enum
import json
import os
from types import TracebackType
from typing import Any, Optional, Union

from ._config import Config, Path
from ._library import ABI, Handle, library
from ._subject import Subject
from ._verdict import Verdict

Bytes = Union[bytes, bytearray, memoryview]


class Need(enum.IntFlag):
    """What Engine.poll() asks for; more bits may come."""

    NOTHING = 0
    RELOAD = 1
    DECISIONS = 2


class Engine:
    """Scans content. May be used by any number of threads at once, and before and after a fork.

    Closing it while scans are under way is safe: they end, and the last one frees it.
    """

    def __init__(self, config: Union[Config, Path]) -> None:
        """Opens an engine from a config or the path of one.

        A list that is missing or refused does not stop it unless it is `required`: scans then have
        partial coverage. Raises ConfigError, KeyFileError or ListError.
        """
        own = config if isinstance(config, Config) else Config.load(config)
        handle = library().make("lmod_engine_open", "lmod_engine_close", own.handle.pointer, ABI)
        handle.keep = own.log_function
        self._handle: Optional[Handle] = handle

    def _open(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ValueError("the engine is closed")
        return handle

    def scan_text(self, text: Union[str, bytes], subject: Optional[Subject] = None) -> Verdict:
        """Scans a message, a title, a name. Spans in the verdict are offsets into its UTF-8 bytes."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return self._scan("lmod_scan_text", subject, data, len(data))

    def scan_bytes(self, content: Bytes, subject: Optional[Subject] = None) -> Verdict:
        """Scans a file that is in memory. Raises LibmodError: the content was then not looked at."""
        data: Any
        if isinstance(content, bytes):
            data, size = content, len(content)
        elif isinstance(content, bytearray) and content:
            size = len(content)
            data = (ctypes.c_char * size).from_buffer(content)
        else:
            data = bytes(content)
            size = len(data)
        return self._scan("lmod_scan_bytes", subject, data, size)

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

    def _scan(self, function: str, subject: Optional[Subject], *content: Any) -> Verdict:
        handle = self._open()
        lib = library()
        who = None if subject is None else subject.make()
        pointer = None if who is None else who.pointer
        verdict = lib.make(function, "lmod_verdict_free", handle.pointer, pointer, *content)
        return Verdict(
            lib.dll.lmod_verdict_action(verdict.pointer),
            lib.dll.lmod_verdict_coverage(verdict.pointer),
            lib.dll.lmod_verdict_recorded(verdict.pointer),
            lib.text("lmod_verdict_json", verdict),
        )

    def poll(self) -> Need:
        """Looks whether something changed on disk. Cheap: call it from a timer of seconds."""
        handle = self._open()
        need = ctypes.c_uint32()
        library().call("lmod_engine_poll", handle.pointer, ctypes.byref(need))
        return Need(need.value)

    def reload(self) -> None:
        """Reads the lists again and swaps them in; on failure what was loaded stays in force.

        Blocks while it reads: call it from a thread that may wait, after poll() asked for it.
        """
        handle = self._open()
        library().call("lmod_engine_reload", handle.pointer)

    def stats(self) -> dict[str, Any]:
        """Counters and states: docs/reference/stats.md."""
        handle = self._open()
        doc = library().make("lmod_engine_stats", "lmod_doc_free", handle.pointer)
        loaded: dict[str, Any] = json.loads(library().text("lmod_doc_json", doc))
        return loaded

    def close(self) -> None:
        """Ends the workers and frees everything, now or with the last call that is under way."""
        self._handle = None

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()
