"""Every constant of the public headers is pinned in constants.c, once, and unique in its family.

check_constants.py CONSTANTS_C HEADER_DIRECTORY
"""

import pathlib
import re
import sys

import abi

FAMILIES = ["LMOD_E_", "LMOD_KEY_", "LMOD_SURFACE_", "LMOD_LOG_", "LMOD_NEED_", "LMOD_RECORDED_"]


def twins(constants):
    """Names of one family that share a number."""
    for family in FAMILIES:
        seen = {}
        for name, value in constants.items():
            if name.startswith(family) and seen.setdefault(value, name) != name:
                yield f"{name} and {seen[value]} are both {value}"


def main():
    source, header_directory = sys.argv[1:]
    pinned = re.findall(r"^\s*PIN\((LMOD_\w+),", pathlib.Path(source).read_text("utf-8"), re.M)
    constants = {}
    for header in abi.headers(header_directory):
        constants.update(header.constants)
    numbers = {name for name, value in constants.items() if not value.startswith('"')}
    tap = abi.Tap()
    tap.check("every constant is pinned", sorted(numbers - set(pinned)))
    tap.check("every pin has its constant", sorted(set(pinned) - numbers))
    tap.check("no constant is pinned twice", {n for n in pinned if pinned.count(n) > 1})
    tap.check("no number twice in a family", twins(constants))
    tap.end()


main()
