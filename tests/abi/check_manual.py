"""The manual page libmod(3) declares every function as the headers do, and explains every number.

check_manual.py PAGE HEADER_DIRECTORY VERSION_SCRIPT
"""

import pathlib
import re
import shutil
import subprocess
import sys

import abi


def squeezed(text):
    """A declaration without blanks that mean nothing."""
    return re.sub(r"\s*([*,()])\s*", r"\1", " ".join(text.split()))


def prototypes(page):
    """{name: declaration} of what the synopsis declares, by .Fn or by .Fo, .Fa and .Fc."""
    synopsis = page.partition(".Sh SYNOPSIS\n")[2].partition("\n.Sh ")[0]
    found, result, name, arguments = {}, "", "", []
    for line in synopsis.splitlines():
        macro, _, rest = line.partition(" ")
        words = [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', rest)]
        if macro == ".Ft":
            result = rest
        elif macro == ".Fo":
            name, arguments = rest, []
        elif macro == ".Fa":
            arguments += words
        elif macro == ".Fn":
            name, arguments = words[0], words[1:]
        if macro in (".Fn", ".Fc"):
            found[name] = squeezed(f"{result} {name}({','.join(arguments)})")
    return found


def main():
    path, header_directory, script = sys.argv[1:]
    page = pathlib.Path(path).read_text(encoding="utf-8")
    headers = abi.headers(header_directory)
    tap = abi.Tap()
    declared = prototypes(page)
    symbols, _ = abi.version_script(script)
    tap.check("every function is declared", sorted(set(symbols) - set(declared)))
    tap.check("nothing else is declared", sorted(set(declared) - set(symbols)))
    wanted = {f.name: squeezed(f.text) for h in headers for f in h.functions}
    tap.check(
        "as in the headers",
        (f"{declared[n]}, not {wanted.get(n)}" for n in declared if declared[n] != wanted.get(n)),
    )
    # One surface stands for all of them; a version and include guards are nothing to explain.
    constants = {name for h in headers for name in h.constants}
    unspoken = {"LMOD_VERSION"} | {n for n in constants if n.startswith("LMOD_SURFACE_")}
    said = set(re.findall(r"\bLMOD_\w+", page))
    tap.check("every number is explained", sorted(constants - unspoken - said))
    tap.check("no number is made up", sorted(said - constants))
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-ww", "-mdoc", "-Tutf8", path], capture_output=True, text=True)
        tap.check("groff has nothing to say", done.stderr.splitlines())
    else:
        tap.skip("groff has nothing to say", "groff is not installed")
    tap.end()


main()
