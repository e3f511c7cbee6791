"""Exceptions: one class for each status value. What to do about them: docs/reference/status.md."""

from typing import NoReturn, Optional


class LibmodError(Exception):
    """A call that failed. Content that was to be scanned has not been looked at.

    `status` is the number, `name` its name ("LMOD_E_CONFIG"), `message` the text for a person;
    `file`, `line` and `column` say where, and are None when the error has no place.
    """

    def __init__(
        self,
        status: int,
        name: str,
        message: str,
        file: Optional[str] = None,
        line: Optional[int] = None,
        column: Optional[int] = None,
    ) -> None:
        super().__init__(status, name, message, file, line, column)
        self.status = status
        self.name = name
        self.message = message
        self.file = file
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} ({self.name})"


class ArgumentError(LibmodError, ValueError):
    """A value out of range."""


class OutOfMemoryError(LibmodError, MemoryError):
    """An allocation failed."""


class FileError(LibmodError):
    """A file or descriptor could not be read."""


class ConfigError(LibmodError):
    """libmod.yaml is invalid; `file`, `line` and `column` say where."""


class RulesError(LibmodError):
    """A rule pack is invalid."""


class ListError(LibmodError):
    """A list file is invalid, newer than this release, or missing."""


class KeyFileError(LibmodError):
    """The site key is missing, unreadable or not 32 bytes."""


class UnsupportedError(LibmodError):
    """An ABI, key or feature that the loaded release does not have."""


class ForkedError(LibmodError):
    """The process was copied without fork handlers: open a new engine."""


class StoreError(LibmodError):
    """The store is unavailable."""


class WorkerError(LibmodError):
    """The media worker is missing or refuses to run."""


class StateError(LibmodError):
    """Refused by state, such as a decision on a decided event."""


class NotFoundError(LibmodError, LookupError):
    """No such event, entry or reference."""


class DeadlineError(LibmodError, TimeoutError):
    """The deadline passed before anything could be said."""


class InternalError(LibmodError):
    """A bug in libmod: please report it."""


CLASSES: dict[int, type[LibmodError]] = {
    -10: ArgumentError,
    -20: OutOfMemoryError,
    -30: FileError,
    -40: ConfigError,
    -41: RulesError,
    -42: ListError,
    -43: KeyFileError,
    -50: UnsupportedError,
    -60: ForkedError,
    -70: StoreError,
    -80: WorkerError,
    -90: StateError,
    -91: NotFoundError,
    -100: DeadlineError,
    -120: InternalError,
}


def raise_error(
    status: int,
    name: str,
    message: str,
    file: Optional[str] = None,
    line: Optional[int] = None,
    column: Optional[int] = None,
) -> NoReturn:
    """Raises the exception of a status; a number from a later release is a LibmodError."""
    raise CLASSES.get(status, LibmodError)(status, name, message, file, line, column)
