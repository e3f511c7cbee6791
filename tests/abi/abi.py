"""What the ABI checks share: reading public headers, the version script and the ledger; TAP."""

import pathlib
import re
import subprocess
import sys


class Function:
    """A declared function: its text without comments, and the comment right above it."""

    def __init__(self, name, text, comment, line):
        self.name = name
        self.text = text
        self.comment = comment
        self.line = line


class Header:
    """A public header in pieces."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.name
        self.text = self.path.read_text(encoding="utf-8")
        first = re.match(r"/\*(.*?)\*/", self.text, re.S)
        self.comment = first.group(1) if first else ""
        self.constants = dict(
            re.findall(r"^#define (LMOD_\w+)[ \t]+(\S.*?)[ \t]*(?:/\*.*)?$", self.text, re.M)
        )
        self.declarations = list(self._declarations())
        self.functions = [f for f in map(self._function, self.declarations) if f]

    def _declarations(self):
        """(text, comment above, line) of everything that ends in a semicolon."""
        comment, text, begin = "", "", 0
        pattern = r"/\*.*?\*/|^[ \t]*#[^\n]*(?:\\\n[^\n]*)*|[^;{}\s/][^;{}/]*|[;{}\n\s/]"
        for token in re.finditer(pattern, self.text, re.S | re.M):
            piece = token.group(0)
            if piece.startswith("/*"):
                comment = piece if not text.strip() else comment
            elif piece.lstrip().startswith("#"):
                comment = ""
            elif piece == ";":
                yield " ".join(text.split()), comment, begin
                comment, text = "", ""
            elif piece == "{" and 'extern "C"' in text or piece == "}" and not text.strip():
                text = ""
            else:
                if not text.strip():
                    begin = self.text.count("\n", 0, token.start()) + 1
                text += piece

    @staticmethod
    def _function(declaration):
        text, comment, line = declaration
        found = re.match(r"^(?!typedef\b)[\w\s*]*?\b(\w+)\s*\(", text)
        return Function(found.group(1), text, comment, line) if found else None


def headers(directory):
    """Every public header of a directory, by name."""
    return [Header(path) for path in sorted(pathlib.Path(directory).glob("*.h"))]


def version_script(path):
    """{symbol: node} of a linker version script, and whether anything but `local: *` is a pattern."""
    text = re.sub(r"#[^\n]*|/\*.*?\*/", "", pathlib.Path(path).read_text(encoding="utf-8"), flags=re.S)
    symbols, wild = {}, []
    for node, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S):
        exported = body.split("local:")[0].replace("global:", "")
        for name in (part.strip() for part in exported.split(";")):
            if name and not re.fullmatch(r"\w+", name):
                wild.append(name)
            elif name:
                symbols[name] = node
    return symbols, wild


def ledger(path):
    """The rows (symbol, node, release) of the symbol ledger."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split()) for line in lines if line.strip() and not line.startswith("#")]


def output(*command):
    """What a command prints; an error when it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Tap:
    """Collects checks and prints them as TAP."""

    def __init__(self):
        self.lines = []
        self.failed = False

    def check(self, name, problems):
        """One test: it fails when there are problems, each printed."""
        problems = list(problems)
        self.failed |= bool(problems)
        self.lines.append(f"{'not ' if problems else ''}ok {{}} - {name}")
        self.lines += ["# " + line for p in problems for line in str(p).splitlines()]

    def skip(self, name, reason):
        """A test that cannot be run here."""
        self.lines.append(f"ok {{}} - {name} # SKIP {reason}")

    def end(self):
        """Prints the plan and the results, and leaves with the right exit code."""
        number = 0
        for i, line in enumerate(self.lines):
            if not line.startswith("#"):
                number += 1
                self.lines[i] = line.format(number)
        print("\n".join([f"1..{number}"] + self.lines))
        sys.exit(1 if self.failed else 0)
