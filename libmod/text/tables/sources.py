"""Where the tables come from, all Debian packages: the Unicode character database (unicode-data), the
confusables of UTS #39 (in libicu72) and OpenCC's dictionary (libopencc1.1, libopencc-data)."""

import ctypes
import sys
from pathlib import Path

UNICODE = "15.0.0"
UCD = Path("/usr/share/unicode")
T2S = Path("/usr/share/opencc/t2s.json")
ICU = "libicui18n.so.72"  # its data are of Unicode 15.0
OPENCC = "libopencc.so.1.1"


class Missing(Exception):
    """A source that is not there, or of another version."""


def lines(name):
    """The fields of every line of a file of the character database, without comments."""
    try:
        text = (UCD / name).read_text(encoding="utf-8")
    except OSError as e:
        raise Missing(f"unicode-data: {e.strerror}: {name}") from e
    for line in text.splitlines():
        fields = [x.strip() for x in line.partition("#")[0].split(";")]
        if len(fields) > 1:
            yield fields


def span(field):
    """"0041..005A" or "00AA" as a range."""
    first, _, last = field.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def string(field):
    """"0041 0042" as a string."""
    return "".join(chr(int(x, 16)) for x in field.split())


class Unicode:
    """What the character database says of every code point."""

    def __init__(self):
        self.check_version()
        self.category, self.nfd, self.digit, self.number, self.upper = {}, {}, {}, {}, {}
        for f in lines("UnicodeData.txt"):
            c = int(f[0], 16)
            if f[1].startswith("<") and f[1] != "<control>":
                continue  # ranges: ideographs, Hangul, private use, surrogates; none matters here
            self.category[c] = f[2]
            if f[5] and not f[5].startswith("<"):
                self.nfd[c] = string(f[5])
            if f[6]:
                self.digit[c] = f[6]
            if f[8].isdigit():
                self.number[c] = f[8]
            if f[12]:
                self.upper[c] = string(f[12])
        self.script = self.table("Scripts.txt", 0, 1)
        self.casefold = {}
        for f in lines("DerivedNormalizationProps.txt"):
            if f[1] == "NFKC_CF":
                self.casefold.update((c, string(f[2])) for c in span(f[0]))
        self.space = {c for c, what in self.table("PropList.txt", 0, 1, "White_Space").items()}

    def check_version(self):
        """The first line of the database's files names the version."""
        try:
            first = (UCD / "Scripts.txt").read_text(encoding="utf-8").splitlines()[0]
        except OSError as e:
            raise Missing("unicode-data is not installed") from e
        if UNICODE not in first:
            raise Missing(f"unicode-data is not of Unicode {UNICODE}: {first}")

    def table(self, name, key, value, only=None):
        """One property of a file of ranges."""
        found = {}
        for f in lines(name):
            if only is None or f[value] == only:
                found.update((c, f[value]) for c in span(f[key]))
        return found

    def decompose(self, text):
        """Canonical decomposition, but Hangul syllables and voiced kana stay whole."""
        out = ""
        for c in text:
            kana = self.script.get(ord(c)) in ("Hiragana", "Katakana")
            more = None if kana else self.nfd.get(ord(c))
            out += self.decompose(more) if more else c
        return out


class Skeleton:
    """The prototype of UTS #39, by ICU."""

    def __init__(self):
        try:
            self.icu = ctypes.CDLL(ICU)
        except OSError as e:
            raise Missing(f"{ICU} (libicu72) is not installed") from e
        status = ctypes.c_int(0)
        self.icu.uspoof_open_72.restype = ctypes.c_void_p
        self.checker = ctypes.c_void_p(self.icu.uspoof_open_72(ctypes.byref(status)))
        if status.value > 0:
            raise Missing(f"{ICU}: uspoof_open: {status.value}")

    def of(self, text):
        """The skeleton of a string."""
        source, status = text.encode(), ctypes.c_int(0)
        out = ctypes.create_string_buffer(512)
        n = self.icu.uspoof_getSkeletonUTF8_72(
            self.checker, 0, source, len(source), out, len(out), ctypes.byref(status)
        )
        if status.value > 0:
            sys.exit(f"no skeleton of {text!r}: {status.value}")
        return out.raw[:n].decode()


class Simplified:
    """Traditional to simplified, one character at a time, by OpenCC."""

    def __init__(self):
        try:
            self.opencc = ctypes.CDLL(OPENCC)
        except OSError as e:
            raise Missing(f"{OPENCC} (libopencc1.1) is not installed") from e
        if not T2S.exists():
            raise Missing("libopencc-data is not installed")
        self.opencc.opencc_open.restype = ctypes.c_void_p
        self.opencc.opencc_convert_utf8.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(self.opencc.opencc_open(str(T2S).encode()))

    def of(self, c):
        """The simplified form of a character."""
        source = c.encode()
        at = self.opencc.opencc_convert_utf8(self.handle, source, ctypes.c_size_t(len(source)))
        out = ctypes.string_at(at).decode()
        self.opencc.opencc_convert_utf8_free(ctypes.c_void_p(at))
        return out
