"""Checks the links of every Markdown file: the file that is named exists, and so does the heading."""

import re
from pathlib import Path
from urllib.parse import unquote

import tree

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def anchors(source: str) -> set[str]:
    """The names by which a file's headings are linked to."""
    found = set(ANCHOR.findall(source))
    for heading in HEADING.findall(FENCE.sub("", source)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        base, number = name, 0
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found.add(name)
    return found


def check(path: Path, source: str) -> list[str]:
    """The links of one file."""
    problems = []
    for link in LINK.findall(CODE.sub("", FENCE.sub("", source))):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (tree.ROOT / path.parent / name).resolve() if name else tree.ROOT / path
        if not target.exists():
            problems.append(f"{path}: link to {link}, which does not exist")
        elif not target.is_relative_to(tree.ROOT):
            problems.append(f"{path}: link to {link}, which is outside the project")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            problems.append(f"{path}: link to {link}: no such heading")
    return problems


def main() -> None:
    """Looks at every Markdown file."""
    problems = []
    for path in tree.files(".md"):
        problems += check(path, tree.text(path) or "")
    tree.finish("docs", problems)


if __name__ == "__main__":
    main()
