"""Runs every shell command of the documentation, page by page, and reports as TAP.

A page's ```sh blocks run in order, in one shell, in an empty directory. The first page, the README,
installs what the others use. HTML comments, which readers do not see, say what else is needed:

    <!-- file: NAME -->      the next block is written to NAME
    <!-- append: NAME -->    the next block is appended to NAME
    <!-- skip: REASON -->    the next block is not run
    <!-- setup: COMMAND -->  runs before the next block
    <!-- exit: N -->         the last command of the next block ends with N
    <!-- prints: WHAT -->    the commands before printed every line of the next block

Places outside the directory are mapped into it, so that nothing of the machine is touched.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

MAPPED = ("/usr/local", "/etc/libmod", "/var/lib/libmod")
PREAMBLE = r"""set -e
ldconfig() { :; }
printed() { while IFS= read -r line; do
    grep -qxF -e "$line" "$WORK.out" || { echo "not printed: $line"; exit 1; }; done; }
cd "$WORK"
"""
COMMENT = re.compile(r"<!--\s*(file|append|skip|setup|exit|prints):\s*(.*?)\s*-->")


def blocks(text):
    """(language, body, notes) of every fenced block; notes are the comments before it."""
    notes, body, language = [], None, ""
    for line in text.splitlines():
        if body is not None:
            if line.startswith("```"):
                yield language, "\n".join(body) + "\n", notes
                notes, body = [], None
            else:
                body.append(line)
        elif line.startswith("```"):
            language, body = line[3:].strip(), []
        elif COMMENT.match(line.strip()):
            notes.append(COMMENT.match(line.strip()).groups())


def mapped(text, root):
    for place in MAPPED:
        text = text.replace(place, root + place)
    return text


def script_of(page, root):
    """The shell script of one page, and how many commands blocks it runs."""
    script, ran = PREAMBLE, 0
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for language, body, notes in blocks(text):
        wish = dict(notes)
        for kind, value in notes:
            if kind == "setup":
                script += mapped(value, root) + "\n"
        if "skip" in wish:
            continue
        if "prints" in wish:
            script += f"printed <<'END_OF_BLOCK'\n{mapped(body, root)}END_OF_BLOCK\n"
        elif "file" in wish or "append" in wish:
            name = wish.get("file") or wish["append"]
            arrow = ">" if "file" in wish else ">>"
            script += f"cat {arrow} {mapped(name, root)} <<'END_OF_BLOCK'\n"
            script += mapped(body, root) + "END_OF_BLOCK\n"
        elif language == "sh":
            ran += 1
            if "exit" in wish:
                script += "set +e\n" + mapped(body, root)
                script += f'rc=$?; set -e; [ $rc = {wish["exit"]} ] || {{ echo "exit $rc"; exit 1; }}\n'
            else:
                script += mapped(body, root)
    return script, ran


def run_page(page, source, root):
    work = tempfile.mkdtemp(prefix="work-", dir=root)
    script, ran = script_of(page, root)
    if not ran:
        return False, "no commands: take the page off the list"
    env = dict(os.environ, WORK=work, SOURCE=source, NO_COLOR="1")
    env["PATH"] = os.path.join(root, "usr/local/bin") + ":" + env["PATH"]
    env["PYTHONPATH"] = os.path.join(source, "tests", "support")
    with open(work + ".out", "wb+") as out:
        result = subprocess.run(
            ["bash", "-x", "-c", script], env=env, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, timeout=400, check=False)
        out.seek(0)
        return result.returncode == 0, out.read().decode("utf-8", "replace")


def run_pages(pages, source, root):
    failed = 0
    for place in MAPPED:
        os.makedirs(root + os.path.dirname(place), exist_ok=True)
    print(f"1..{len(pages)}")
    for number, page in enumerate(pages, 1):
        ok, output = run_page(os.path.join(source, page), source, root)
        print(f"{'ok' if ok else 'not ok'} {number} - {page}", flush=True)
        if not ok:
            failed += 1
            for line in output.splitlines()[-40:]:
                print("#", line)
    return failed


def main():
    source, pages = os.path.abspath(sys.argv[1]), sys.argv[2:]
    root = tempfile.mkdtemp(prefix="libmod-docs-")
    try:
        return 1 if run_pages(pages, source, root) else 0
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
