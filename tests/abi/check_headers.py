"""Each public header stands alone in every language that hosts are written in, and keeps to the
rules of docs/reference/abi.md.

check_headers.py HEADER_DIRECTORY
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import abi

LINES_MAX = 250
WARNINGS = ["-pedantic", "-Wall", "-Wextra", "-Wpadded", "-Wundef", "-Werror", "-fsyntax-only"]
LANGUAGES = {"c": ["c99", "c11", "c17"], "c++": ["c++11", "c++20"]}
COMPILERS = [("gcc", "c"), ("clang", "c"), ("g++", "c++"), ("clang++", "c++")]
# Types whose size or meaning differs between compilers, machines or C libraries.
FORBIDDEN = r"\b(enum|union|bool|_Bool|char16_t|wchar_t|short|long|int|unsigned|float|double|" \
    r"time_t|off_t|ssize_t|pid_t|mode_t|FILE|va_list)\b|\bstruct (?!lmod_)|\.\.\."


def compile_errors(compiler, language, standard, header, directory):
    """What the compiler says about a file that includes the header twice and nothing else."""
    source = pathlib.Path(directory) / ("alone.c" if language == "c" else "alone.cc")
    line = f"#include <libmod/{header.name}>\n"
    source.write_text(line + line + "extern int alone;\n", encoding="utf-8")
    root = header.path.resolve().parent.parent
    command = [compiler, f"-std={standard}", *WARNINGS, f"-I{root}", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{header.name}: {done.stderr}" if done.returncode else None


def check_compilers(tap, headers):
    with tempfile.TemporaryDirectory() as directory:
        for compiler, language in COMPILERS:
            for standard in LANGUAGES[language]:
                name = f"alone: {compiler} {standard}"
                if not shutil.which(compiler):
                    tap.skip(name, f"no {compiler} here")
                    continue
                errors = (compile_errors(compiler, language, standard, h, directory) for h in headers)
                tap.check(name, filter(None, errors))


def complaints(header, frees):
    """What a header's declarations break."""
    for text, _, line in header.declarations:
        where = f"{header.name}:{line}"
        if "{" in text or re.search(r"\b(struct|union|enum)\b[^;]*\{", text):
            yield f"{where}: a type with a layout"
        if re.match(r"typedef\b", text) and "(*" not in text:
            if not re.fullmatch(r"typedef struct (lmod_\w+) \1", text):
                yield f"{where}: only opaque handles are types: {text}"
        elif re.search(FORBIDDEN, text):
            yield f"{where}: {re.search(FORBIDDEN, text).group(0)} in {text}"
    handles = "".join(c for text, c, _ in header.declarations if text.startswith("typedef struct"))
    for function in header.functions:
        yield from undocumented(header, function, handles, frees)


def undocumented(header, function, handles, frees):
    """What a function's comment leaves out; threads may be the file's or the handle's matter."""
    where = f"{header.name}:{function.line}: {function.name}"
    if not re.match(r"lmod_[a-z0-9_]+$", function.name):
        yield f"{where}: a name outside lmod_"
    if not function.comment:
        yield f"{where}: no comment right above"
    if "thread" not in header.comment + handles + function.comment:
        yield f"{where}: nothing about threads"
    if function.text.startswith("const char *") and "orrowed" not in function.comment:
        yield f"{where}: who owns the text?"
    owned = re.search(r"\((lmod_\w+) \*\*out", function.text)
    if owned and not {owned.group(1) + "_free", owned.group(1) + "_close"} & frees:
        yield f"{where}: nothing frees a {owned.group(1)}"
    if re.search(r"_(free|close)$", function.name) and "NULL is fine" not in function.comment:
        yield f"{where}: does it take NULL?"


def main():
    headers = abi.headers(sys.argv[1])
    frees = {f.name for h in headers for f in h.functions}
    tap = abi.Tap()
    check_compilers(tap, headers)
    for header in headers:
        tap.check(f"rules: {header.name}", complaints(header, frees))
    long = (h.name for h in headers if h.text.count("\n") > LINES_MAX)
    tap.check(f"at most {LINES_MAX} lines each", long)
    tap.end()


main()
