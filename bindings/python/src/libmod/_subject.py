"""The subject: who sent the content, where, and how long a scan may take."""

import ctypes
import datetime
import enum
from dataclasses import dataclass
from typing import Optional, Union

from ._library import Handle, encoded, library


class Surface(enum.IntEnum):
    """Where it happens."""

    OTHER = 0
    MESSAGE = 1
    EDIT = 2
    POST = 3
    TITLE = 4
    CHAT = 5
    DIRECT_MESSAGE = 6
    UPLOAD = 7
    AVATAR = 8
    ROOM_AVATAR = 9
    PROFILE_NAME = 10
    BIO = 11
    USERNAME = 12
    ROOM_NAME = 13
    ROOM_TOPIC = 14
    ROOM_ALIAS = 15
    INVITE = 16
    LINK_PREVIEW = 17
    REPORT = 18


_TEXT_KEYS = {
    "host": 1,
    "room": 2,
    "sender": 3,
    "item": 4,
    "mime": 5,
    "file_name": 6,
    "text_format": 7,
}
_NUMBER_KEYS = {
    "surface": 32,
    "at": 33,
    "encrypted": 34,
    "direct": 35,
    "sender_age_days": 36,
    "deadline_ms": 37,
}


@dataclass(frozen=True)
class Subject:
    """What a host knows about a piece of content; None: unknown. May serve any number of scans.

    Texts are at most 4096 bytes of UTF-8 each: a scan with a longer one raises ArgumentError.
    `host` the server or site · `room` room, channel, topic or category · `sender` who sent it ·
    `item` the host's reference (event id, mxc://…, upload id) · `mime` and `file_name` as the sender
    claims them · `text_format` "text/plain" or "text/html" · `at` when, as a datetime with a time zone
    or in milliseconds since 1970 · `encrypted`, `direct` about the room · `sender_age_days` of the
    account · `deadline_ms` a scan answers within so many milliseconds.
    """

    host: Optional[str] = None
    room: Optional[str] = None
    sender: Optional[str] = None
    item: Optional[str] = None
    mime: Optional[str] = None
    file_name: Optional[str] = None
    text_format: Optional[str] = None
    surface: Optional[Surface] = None
    at: Union[datetime.datetime, int, None] = None
    encrypted: Optional[bool] = None
    direct: Optional[bool] = None
    sender_age_days: Optional[int] = None
    deadline_ms: Optional[int] = None

    def make(self) -> Handle:
        """For Engine: a subject of the library. Raises ArgumentError for a value out of range."""
        lib = library()
        out = ctypes.c_void_p()
        lib.check(lib.dll.lmod_subject_new(ctypes.byref(out)), "subject")
        handle = Handle(out, lib.dll.lmod_subject_free)
        for name, key in _TEXT_KEYS.items():
            text = getattr(self, name)
            if text is not None:
                data = encoded(text)
                status = lib.dll.lmod_subject_set(handle, key, data, len(data))
                lib.check(status, f"subject: {name}")
        for name, key in _NUMBER_KEYS.items():
            value = getattr(self, name)
            if value is not None:
                status = lib.dll.lmod_subject_set_u64(handle, key, _number(name, value))
                lib.check(status, f"subject: {name}")
        return handle


def _number(name: str, value: Union[datetime.datetime, int]) -> int:
    """A number as the library takes it; ctypes would cut it silently."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise ValueError(f"subject: {name} needs a time zone")
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        number = (value - epoch) // datetime.timedelta(milliseconds=1)
    else:
        number = int(value)
    if not 0 <= number < 1 << 64:
        raise ValueError(f"subject: {name} is out of range: {value}")
    return number
