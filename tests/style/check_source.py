"""Checks C and Python sources: lengths of files and functions, functions that are not to be used,
and that a file begins by saying what it is for."""

import ast
import re
from pathlib import Path

import tree

FILE_LINES, TEST_LINES, FUNCTION_LINES, HEADER_LINES = 600, 800, 60, 250
EXEMPT = re.compile(r"(_table|_data|generated)[^/]*$")

# Never: there is a safer call for each.
NEVER = "strcpy strcat sprintf vsprintf strtok atoi atol atof system popen alloca rand srand signal"
# Not inside the library: it has no output, ends nobody's process and makes no thread.
NOT_IN_LIBRARY = (
    "exit _exit _Exit quick_exit abort printf vprintf fprintf vfprintf puts putchar fputs fputc putc "
    "perror fopen fdopen freopen fork vfork pthread_create thrd_create dlopen setlocale setenv putenv"
)
STREAMS = re.compile(r"\b(stdout|stderr|stdin)\b")
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_of(source: str) -> str:
    """The source without comments, strings and characters; lines stay where they are."""
    return NOISE.sub(lambda m: "\n" * m.group().count("\n") or " ", source)


def calls(code: str, names: str) -> list[tuple[int, str]]:
    """Line and name of every call of one of the names."""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(names.split()) + r")\s*\(")
    return [(code[: m.start()].count("\n") + 1, m.group(1)) for m in pattern.finditer(code)]


def check_calls(path: Path, code: str) -> list[str]:
    """Functions that are not to be used there."""
    if path.parts[0] not in ("libmod", "programs"):
        return []
    problems = [f"{path}:{line}: {name}() is banned" for line, name in calls(code, NEVER)]
    if path.parts[0] == "libmod":
        for line, name in calls(code, NOT_IN_LIBRARY):
            problems.append(f"{path}:{line}: {name}() is banned inside the library")
        for found in STREAMS.finditer(code):
            line = code[: found.start()].count("\n") + 1
            problems.append(f"{path}:{line}: {found.group()} is banned inside the library")
    return problems


def check_functions(path: Path, code: str) -> list[str]:
    """Functions of C: from the line with the brace in column 1 to the one that closes it."""
    problems = []
    begin = None
    for number, line in enumerate(code.splitlines(), 1):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin:
            if number - begin + 1 > FUNCTION_LINES:
                problems.append(f"{path}:{begin}: function of {number - begin + 1} lines")
            begin = None
    return problems


def check_python(path: Path, source: str) -> list[str]:
    """Functions of Python, and the docstring of the file."""
    problems = []
    module = ast.parse(source)
    if source.strip() and not ast.get_docstring(module):
        problems.append(f"{path}: does not begin by saying what it is for")
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                problems.append(f"{path}:{node.lineno}: function of {lines} lines")
    return problems


def check_length(path: Path, source: str) -> list[str]:
    """The length of the file."""
    lines = source.count("\n")
    limit = TEST_LINES if path.parts[0] == "tests" else FILE_LINES
    if path.parts[0] == "include":
        limit = HEADER_LINES
    if lines > limit and not EXEMPT.search(path.name):
        return [f"{path}: {lines} lines, at most {limit}"]
    return []


def main() -> None:
    """Looks at every source."""
    problems = []
    for path in tree.files(".c", ".h", ".py", ".rb", ".sh"):
        source = tree.text(path)
        if source is None:
            problems.append(f"{path}: not UTF-8")
            continue
        problems += check_length(path, source)
        if path.suffix == ".py":
            problems += check_python(path, source)
        if path.suffix in (".c", ".h"):
            code = code_of(source)
            if not source.startswith("/*"):
                problems.append(f"{path}: does not begin by saying what it is for")
            problems += check_calls(path, code) + check_functions(path, code)
    tree.finish("source", problems)


if __name__ == "__main__":
    main()
