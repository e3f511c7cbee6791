"""The ledger, the version script, the headers and the built library name the same symbols.

check_symbols.py LIBRARY VERSION_SCRIPT LEDGER HEADER_DIRECTORY
"""

import sys

import abi


def exported(library):
    """{symbol: node} as the dynamic symbol table says."""
    found = {}
    text = abi.output("nm", "-D", "--defined-only", "--with-symbol-versions", library)
    for line in text.splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":  # the names of the nodes themselves
            symbol, _, node = name.partition("@")
            found[symbol] = node.lstrip("@")
    return found


def differences(left_name, left, right_name, right):
    """What only one side has, or the sides have differently."""
    for name in sorted(set(left) | set(right)):
        if name not in right:
            yield f"{name}: in {left_name}, not in {right_name}"
        elif name not in left:
            yield f"{name}: in {right_name}, not in {left_name}"
        elif left[name] != right[name]:
            yield f"{name}: {left[name]} in {left_name}, {right[name]} in {right_name}"


def main():
    library, script, ledger_path, header_directory = sys.argv[1:]
    tap = abi.Tap()
    rows = abi.ledger(ledger_path)
    names = [row[0] for row in rows]
    tap.check("ledger: three columns a row", [row for row in rows if len(row) != 3])
    tap.check("ledger: sorted", [] if names == sorted(names) else ["not in the order of names"])
    tap.check("ledger: no name twice", {n for n in names if names.count(n) > 1})
    ledger = {row[0]: row[1] for row in rows}
    symbols, wild = abi.version_script(script)
    tap.check("version script: names every symbol", (f"pattern: {w}" for w in wild))
    tap.check("version script and ledger", differences("the script", symbols, "the ledger", ledger))
    tap.check("library and ledger", differences("the library", exported(library), "the ledger", ledger))
    headers = abi.headers(header_directory)
    declared = {f.name: ledger.get(f.name, "?") for h in headers for f in h.functions}
    tap.check("headers and ledger", differences("the headers", declared, "the ledger", ledger))
    umbrella = next(h for h in headers if h.name == "libmod.h").text
    tap.check(
        "libmod.h includes every header",
        (h.name for h in headers if h.name != "libmod.h" and f"<libmod/{h.name}>" not in umbrella),
    )
    tap.end()


main()
