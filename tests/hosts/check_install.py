"""Installs libmod as a packager would and uses it as a stranger would: only through pkg-config, with
the worker that was installed. Also runs the examples.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["LIBMOD_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests" / "abi"))

from abi import Tap  # noqa: E402


def run(*command, **environment):
    """The finished command: output and errors together."""
    return subprocess.run(
        [str(c) for c in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def expect(tap, name, good, said):
    """One test, with what was said when it is not good."""
    tap.check(name, [] if good else [said or "nothing was said"])


def install(tap, root):
    """A small build of its own, with the prefix in the temporary directory."""
    options = [f"-Dprefix={root}/usr", "-Dlibdir=lib", "-Dtests=disabled", "-Doptimization=1"]
    steps = [
        ("meson", "setup", f"{root}/build", SOURCE, *options),
        ("meson", "install", "-C", f"{root}/build", "--quiet"),
    ]
    done = [run(*step) for step in steps]
    tap.check("meson install", (d.stdout[-4000:] for d in done if d.returncode))


def check_files(tap, usr):
    wanted = ["lib/libmod.so", "lib/libmod.so.1", "lib/pkgconfig/libmod.pc", "bin/modctl"]
    wanted += ["libexec/libmod/media-worker"]
    wanted += ["share/libmod/libmod.schema.json", "share/libmod/libmod-rules.schema.json"]
    wanted += [f"include/libmod/{h.name}" for h in (SOURCE / "include/libmod").glob("*.h")]
    tap.check("the tree is complete", (name for name in wanted if not (usr / name).exists()))
    tap.check("no static library is installed", usr.rglob("*.a"))


def check_c_host(tap, root, usr, site):
    """Compiles and runs examples/host.c with nothing but pkg-config."""
    paths = {"PKG_CONFIG_PATH": f"{usr}/lib/pkgconfig"}
    worker = run("pkg-config", "--variable=worker", "libmod", **paths).stdout.strip()
    expect(tap, "pkg-config knows the worker", os.access(worker, os.X_OK), worker)
    version = run("pkg-config", "--modversion", "libmod", **paths).stdout.strip()
    expect(tap, "pkg-config knows the version", version == "0.1.0", version)
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "libmod", **paths).stdout)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    warnings = ["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror"]
    program = root / "host"
    made = run(*compiler, *warnings, SOURCE / "examples/host.c", *flags, "-o", program)
    expect(tap, "examples/host.c builds", made.returncode == 0, made.stdout)
    for name, code, words in [
        ("listed.png", 1, ['"signal":"pdq"', "all of it was looked at", "keep it back"]),
        ("clean.png", 0, ['"matches":[]', "all of it was looked at", "let it through"]),
        ("listed.bin", 1, ['"signal":"sha256"', "in part", "keep it back"]),
        ("missing.png", 2, []),
    ]:
        done = run(program, site / "libmod.yaml", site / name, LD_LIBRARY_PATH=f"{usr}/lib")
        good = done.returncode == code and all(word in done.stdout for word in words)
        expect(tap, f"examples/host.c: {name}", good, f"{done.returncode}: {done.stdout}")


def run_python(usr, example, *arguments):
    """An example with the library that was installed."""
    return run(
        "python3",
        "-B",
        SOURCE / "examples" / example,
        *arguments,
        PYTHONPATH=str(SOURCE / "bindings/python/src"),
        LIBMOD_LIBRARY=f"{usr}/lib/libmod.so.1",
    )


def check_python_host(tap, usr, site):
    files = [site / name for name in ("listed.png", "clean.png", "missing.png")]
    done = run_python(usr, "host.py", site / "libmod.yaml", *files)
    lines = [line.replace(f"{site}/", "") for line in done.stdout.splitlines()]
    good = (
        done.returncode == 1
        and lines[:3]
        == ["listed.png: keep it back", "  ban picture: plain, distance 0", "clean.png: let it through"]
        and lines[3].startswith("missing.png: not looked at")
    )
    expect(tap, "examples/host.py", good, f"{done.returncode}: {done.stdout}")


def check_moderation(tap, usr, site):
    """A report and a decision: what was let through is kept back, and the host acts once."""
    config, picture, item = site / "libmod.yaml", site / "clean.png", "mxc://example.org/abc"

    def say(example, *arguments):
        done = run_python(usr, example, config, *arguments)
        return (done.returncode, done.stdout.replace(f"{site}/", "").strip())

    before = say("host.py", picture)
    expect(tap, "before the report", before == (0, "clean.png: let it through"), str(before))
    code, event = say("moderation.py", "report", item, picture, "that is me")
    expect(tap, "examples/moderation.py report", code == 0 and len(event) == 36, event)
    decided = say("moderation.py", "decide", event, "remove")
    expect(tap, "examples/moderation.py decide", decided == (0, "remove: 2 entries"), str(decided))
    code, said = say("host.py", picture)
    good = code == 1 and said.startswith("clean.png: keep it back\n  local ")
    expect(tap, "after the decision", good, said)
    acted = [say("moderation.py", "act") for _ in range(2)]
    good = acted == [(0, f"remove {item}"), (0, "")]
    expect(tap, "examples/moderation.py act", good, str(acted))


def check_selftest(tap, root, usr, site):
    """The picture of docs/reference/abi.md that proves the whole chain."""
    picture = root / "test.png"
    config = site / "selftest.yaml"
    config.write_text((site / "libmod.yaml").read_text("utf-8") + "selftest: true\n", "utf-8")
    made = run(usr / "bin/modctl", "selftest", "--picture", picture)
    done = run(root / "host", config, picture, LD_LIBRARY_PATH=f"{usr}/lib")
    good = done.returncode == 1 and '"source":"libmod.selftest"' in done.stdout
    expect(tap, "self-test picture", good, made.stdout + done.stdout)


def check_modctl(tap, usr, site):
    """The command line finds the library's rooms and its worker in the same tree."""
    done = run(usr / "bin/modctl", "-c", site / "libmod.yaml", "scan", "--json", site / "listed.png")
    good = done.returncode == 1 and '"signal":"pdq"' in done.stdout
    expect(tap, "modctl scan", good, f"{done.returncode}: {done.stdout}")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="libmod-install-") as directory:
        root = pathlib.Path(directory)
        usr, site = root / "usr", root / "site"
        install(tap, root)
        check_files(tap, usr)
        made = run(os.environ["LIBMOD_SITE"], site, "unused")
        expect(tap, "a site", made.returncode == 0, made.stdout)
        config = (site / "libmod.yaml").read_text(encoding="utf-8")
        # Without media.worker the library uses the path that it was built with.
        lines = [line for line in config.splitlines(True) if "worker:" not in line]
        (site / "libmod.yaml").write_text("".join(lines), encoding="utf-8")
        check_c_host(tap, root, usr, site)
        check_python_host(tap, usr, site)
        check_modctl(tap, usr, site)
        check_selftest(tap, root, usr, site)
        check_moderation(tap, usr, site)
    tap.end()


main()
