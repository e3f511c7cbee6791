"""The loaded library: finding it, the prototypes of its functions, and handles that free themselves.

No lock is held anywhere here, so that a fork in another thread never leaves one behind.
"""

import ctypes
import json
import os
from types import TracebackType
from typing import Any, Callable, NoReturn, Optional, TypeVar, Union

from ._errors import raise_error

ABI = 1
SONAME = "libmod.so.1"

LOG_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p)

_I32, _U32, _U64, _SIZE = ctypes.c_int32, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_size_t
_TEXT, _OBJECT = ctypes.c_char_p, ctypes.c_void_p
_OUT = ctypes.POINTER(ctypes.c_void_p)
_LENGTH = ctypes.POINTER(ctypes.c_size_t)

# Every function of the ABI that this binding uses: result, arguments.
_PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "lmod_abi": (_U32, []),
    "lmod_version": (_TEXT, []),
    "lmod_feature": (_U32, [_TEXT]),
    "lmod_status_name": (_TEXT, [_I32]),
    "lmod_error_status": (_I32, [_OBJECT]),
    "lmod_error_message": (_TEXT, [_OBJECT]),
    "lmod_error_file": (_TEXT, [_OBJECT]),
    "lmod_error_line": (_U32, [_OBJECT]),
    "lmod_error_column": (_U32, [_OBJECT]),
    "lmod_error_free": (None, [_OBJECT]),
    "lmod_doc_json": (_OBJECT, [_OBJECT, _LENGTH]),
    "lmod_doc_free": (None, [_OBJECT]),
    "lmod_config_load": (_I32, [_OUT, _TEXT, _OUT]),
    "lmod_config_parse": (_I32, [_OUT, _TEXT, _SIZE, _TEXT, _OUT]),
    "lmod_config_set": (_I32, [_OBJECT, _TEXT, _TEXT, _OUT]),
    "lmod_config_log": (_I32, [_OBJECT, LOG_FUNCTION, _OBJECT]),
    "lmod_config_doc": (_I32, [_OUT, _OBJECT, _OUT]),
    "lmod_config_free": (None, [_OBJECT]),
    "lmod_engine_open": (_I32, [_OUT, _OBJECT, _U32, _OUT]),
    "lmod_engine_reload": (_I32, [_OBJECT, _OUT]),
    "lmod_engine_poll": (_I32, [_OBJECT, ctypes.POINTER(_U32), _OUT]),
    "lmod_engine_stats": (_I32, [_OUT, _OBJECT, _OUT]),
    "lmod_engine_close": (None, [_OBJECT]),
    "lmod_subject_new": (_I32, [_OUT]),
    "lmod_subject_set": (_I32, [_OBJECT, _U32, _TEXT, _SIZE]),
    "lmod_subject_set_u64": (_I32, [_OBJECT, _U32, _U64]),
    "lmod_subject_free": (None, [_OBJECT]),
    "lmod_scan_bytes": (_I32, [_OUT, _OBJECT, _OBJECT, _OBJECT, _SIZE, _OUT]),
    "lmod_scan_text": (_I32, [_OUT, _OBJECT, _OBJECT, _OBJECT, _SIZE, _OUT]),
    "lmod_scan_fd": (_I32, [_OUT, _OBJECT, _OBJECT, _I32, _OUT]),
    "lmod_recall": (_I32, [_OUT, _OBJECT, _OBJECT, _TEXT, _SIZE, _OUT]),
    "lmod_report": (
        _I32,
        [_OUT, _OBJECT, _OBJECT, _U32, _OBJECT, _SIZE, _TEXT, _SIZE, _OUT],
    ),
    "lmod_decide": (_I32, [_OUT, _OBJECT, _TEXT, _SIZE, _OUT]),
    "lmod_decision_next": (_I32, [_OUT, _OBJECT, _TEXT, _SIZE, _U32, _OUT]),
    "lmod_decision_ack": (_I32, [_OBJECT, _TEXT, _TEXT, _SIZE, _U32, _OUT]),
    "lmod_verdict_action": (_U32, [_OBJECT]),
    "lmod_verdict_coverage": (_U32, [_OBJECT]),
    "lmod_verdict_recorded": (_U32, [_OBJECT]),
    "lmod_verdict_json": (_OBJECT, [_OBJECT, _LENGTH]),
    "lmod_verdict_free": (None, [_OBJECT]),
}


class Library:
    """The functions of one loaded library, and how their errors become exceptions."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.dll = ctypes.CDLL(path)
        except OSError as error:
            hint = "install libmod, or name the file in LIBMOD_LIBRARY or libmod.load()"
            raise OSError(f"{error} ({hint})") from None
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(self.dll, name)
            function.restype = result
            function.argtypes = arguments
        if self.dll.lmod_abi() != ABI:
            raise OSError(f"{path}: ABI {self.dll.lmod_abi()}, and this binding speaks {ABI}")

    def check(self, status: int, what: str) -> None:
        """Raises the exception of a call that has no error slot."""
        if status != 0:
            raise_error(status, self.name(status), what)

    def call(self, function: str, *arguments: Any) -> None:
        """Calls a function whose last argument is an error slot."""
        error = ctypes.c_void_p()
        status = getattr(self.dll, function)(*arguments, ctypes.byref(error))
        if status != 0:
            self._raise(status, Handle(error, self.dll.lmod_error_free), function)

    def _raise(self, status: int, error: "Handle", function: str) -> NoReturn:
        if not error.pointer:  # no memory for it
            raise_error(status, self.name(status), function)
        file = self.dll.lmod_error_file(error)
        raise_error(
            status,
            self.name(status),
            self.dll.lmod_error_message(error).decode("utf-8", "replace"),
            None if file is None else os.fsdecode(file),
            self.dll.lmod_error_line(error) or None,
            self.dll.lmod_error_column(error) or None,
        )

    def name(self, status: int) -> str:
        """The name of a status value."""
        return str(self.dll.lmod_status_name(status).decode("ascii"))

    def make(self, function: str, free: str, *arguments: Any) -> "Handle":
        """Calls a function that gives an object, as a handle that frees it."""
        out = ctypes.c_void_p()
        self.call(function, ctypes.byref(out), *arguments)
        return Handle(out, getattr(self.dll, free))

    def doc(self, function: str, *arguments: Any) -> Optional[dict[str, Any]]:
        """Calls a function that gives a document; None when there is none."""
        handle = self.make(function, "lmod_doc_free", *arguments)
        if not handle.pointer:
            return None
        loaded: dict[str, Any] = json.loads(self.text("lmod_doc_json", handle))
        return loaded

    def text(self, function: str, handle: "Handle") -> bytes:
        """The JSON of a verdict or document."""
        length = ctypes.c_size_t()
        begin = getattr(self.dll, function)(handle, ctypes.byref(length))
        if not begin:
            raise_error(-20, "LMOD_E_MEMORY", "out of memory")
        return ctypes.string_at(begin, length.value)


class Handle:
    """An object of the library, freed with its last user. Calls take the handle itself, so that one
    that is under way in another thread holds a reference: closing never pulls the object away."""

    __slots__ = ("_free", "keep", "pointer")

    def __init__(self, pointer: ctypes.c_void_p, free: Callable[[ctypes.c_void_p], None]) -> None:
        self._free = free
        self.keep: Any = None  # what must live as long, such as a callback
        self.pointer = pointer

    @property
    def _as_parameter_(self) -> ctypes.c_void_p:
        """What ctypes passes on."""
        return self.pointer

    def __del__(self) -> None:
        self._free(self.pointer)


_Own = TypeVar("_Own", bound="Closable")


class Closable:
    """What holds a handle and may let go of it early. `_kind` is what it is called in messages."""

    _kind = "object"

    def __init__(self, handle: Handle) -> None:
        self._handle: Optional[Handle] = handle

    @property
    def handle(self) -> Handle:
        """For this package: the library's object. Raises ValueError when it is closed."""
        handle = self._handle
        if handle is None:
            raise ValueError(f"the {self._kind} is closed")
        return handle

    def close(self) -> None:
        """Frees it now, or with the last call that is under way, rather than with the last reference."""
        self._handle = None

    def __enter__(self: _Own) -> _Own:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


def encoded(text: Union[str, bytes]) -> bytes:
    """Text as the library takes it; what is no text of Unicode goes through unharmed."""
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


_loaded: Optional[Library] = None


def load(path: Union[str, "os.PathLike[str]", None] = None) -> None:
    """Loads the library: `path`, else $LIBMOD_LIBRARY, else libmod.so.1 as the system finds it.

    The first use of anything else loads it too; call this to say where it is, or to fail early.
    Raises OSError when there is no such library, and RuntimeError when another one is loaded.
    """
    global _loaded
    wanted = os.fspath(path) if path is not None else os.environ.get("LIBMOD_LIBRARY") or SONAME
    if _loaded is None:
        _loaded = Library(wanted)
    elif path is not None and wanted != _loaded.path:
        raise RuntimeError(f"{_loaded.path} is loaded already")


def library() -> Library:
    """The loaded library."""
    if _loaded is None:
        load()
    assert _loaded is not None
    return _loaded


def abi() -> int:
    """The ABI number of the loaded library."""
    return int(library().dll.lmod_abi())


def version() -> str:
    """The release of the loaded library."""
    return str(library().dll.lmod_version().decode("ascii"))


def feature(name: str) -> int:
    """The revision of a named feature, 0 when the loaded library does not have it."""
    return int(library().dll.lmod_feature(name.encode("utf-8")))


def status_name(status: int) -> str:
    """The name of a status value, such as "LMOD_E_CONFIG"."""
    return library().name(status)
