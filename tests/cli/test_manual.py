"""The manual page and the shell completion know every command and option."""

import re
import shutil
import subprocess
from pathlib import Path

from case import SiteTest

SOURCE = Path(__file__).resolve().parents[2]
PAGE = SOURCE / "docs/man/modctl.1"
COMPLETION = SOURCE / "programs/modctl/modctl.bash"


class Manual(SiteTest):
    def commands(self):
        """Name and options of every command, by its own help."""
        overview = self.expect(0, "--help").out.split("Commands:")[1].split("Options:")[0]
        names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", overview, re.MULTILINE)
        self.assertGreater(len(names), 10)
        for name in names:
            text = self.expect(0, "help", *name.split()).out
            options = text.split("Options:")[1].split("Examples:")[0]
            yield name, re.findall(r"^ +(?:-\w, )?--([a-z]+)", options, re.MULTILINE)

    def test_page_has_every_command_and_option(self):
        page = PAGE.read_text()
        for name, options in self.commands():
            self.assertRegex(page, rf"(It )?Cm {name}( |$)".replace(" |$", r"\b"))
            for option in options:
                self.assertRegex(page, rf"Fl (\w \| )?-{option}\b|Fl \w( Ar \w+)? , Fl -{option}\b"
                                       rf"|Fl h , -{option}\b", name)  # fmt: skip

    def test_page_has_every_exit_code(self):
        page = PAGE.read_text()
        for code in (0, 1, 2, 3, 4, 5, 6, 70):
            self.assertIn(f"\n.It {code}\n", page)

    def test_page_is_clean(self):
        self.assertTrue(PAGE.read_text().startswith(".Dd "))
        if shutil.which("groff"):
            done = subprocess.run(
                ["groff", "-ww", "-mdoc", "-Tutf8", str(PAGE)], capture_output=True, check=True
            )
            self.assertEqual(done.stderr, b"")

    def test_completion(self):
        text = COMPLETION.read_text()
        for name, _ in self.commands():
            for word in name.split():
                self.assertRegex(text, rf"\b{word}\b")
        script = (
            f". {COMPLETION}; complete_it() {{ COMP_WORDS=(modctl \"$@\"); "
            "COMP_CWORD=$#; _modctl; echo ${COMPREPLY[@]}; }; "
            'complete_it se; complete_it list b; complete_it scan --su; complete_it store b; '
            'complete_it decide 01 --re; complete_it decide 01 dism; complete_it list add lo; '
            'complete_it list build --format st'
        )
        path = self.dir / "bin/modctl"
        path.parent.mkdir()
        path.symlink_to(self.modctl)
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=True, cwd=self.dir,
            env={**self.environment, "PATH": f"{path.parent}:{self.environment['PATH']}"},
        )  # fmt: skip
        self.assertEqual(done.stdout.split(),
                         ["selftest", "build", "--surface", "backup", "--reason", "--reviewer", "dismiss",
                          "local", "stopncii"], done.stderr)  # fmt: skip
