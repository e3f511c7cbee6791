"""Finding the library, and what it says about itself."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import libmod

SOURCE = pathlib.Path(__file__).resolve().parents[3]


def python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    inherited = {key: value for key, value in os.environ.items() if key != "LIBMOD_LIBRARY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_identity() -> None:
    assert libmod.abi() == libmod.ABI == 1
    assert libmod.version() == libmod.__version__
    assert libmod.feature("media.pdq") >= 1
    assert libmod.feature("no.such.feature") == 0
    assert libmod.status_name(-40) == "LMOD_E_CONFIG"
    assert libmod.status_name(-1) == "LMOD_E_?"


def test_the_environment_names_the_library() -> None:
    path = os.environ["LIBMOD_LIBRARY"]
    code = "import libmod; libmod.load(); print(libmod.version())"
    assert python(code, LIBMOD_LIBRARY=path) == libmod.__version__


def test_the_argument_wins_over_the_environment() -> None:
    path = os.environ["LIBMOD_LIBRARY"]
    code = f"import libmod; libmod.load({path!r}); print(libmod.abi())"
    assert python(code, LIBMOD_LIBRARY="/nowhere/libmod.so.1") == "1"


def test_the_loader_finds_it() -> None:
    directory = os.path.dirname(os.environ["LIBMOD_LIBRARY"])
    assert python("import libmod; print(libmod.abi())", LD_LIBRARY_PATH=directory) == "1"


@pytest.mark.no_library
def test_a_missing_library_says_what_to_do() -> None:
    code = (
        "import libmod\ntry:\n    libmod.Subject().make()\nexcept OSError as error:\n"
        "    print(error)"
    )
    said = python(code, LIBMOD_LIBRARY="/nowhere/libmod.so.1")
    assert "/nowhere/libmod.so.1" in said and "LIBMOD_LIBRARY" in said


@pytest.mark.no_library
def test_importing_loads_nothing() -> None:
    assert python("import libmod; print(1)", LIBMOD_LIBRARY="/nowhere/libmod.so.1") == "1"


def test_another_library_is_refused() -> None:
    libmod.load()
    libmod.load(os.environ["LIBMOD_LIBRARY"])
    with pytest.raises(RuntimeError):
        libmod.load("/nowhere/libmod.so.1")


@pytest.mark.no_library
def test_the_whole_abi_is_bound() -> None:
    """Every function of the ledger has its prototype, or a reason why not."""
    from libmod._library import _PROTOTYPES

    ledger = SOURCE / "tests" / "abi" / "symbols-in-versions"
    if not ledger.exists():
        pytest.skip("not in the source tree")
    names = set(re.findall(r"^(lmod_\w+)", ledger.read_text(), re.M))
    # The JSON has all of these, and is read at once.
    by_json = {"lmod_verdict_count", "lmod_verdict_field", "lmod_doc_field"}
    assert names - by_json == set(_PROTOTYPES)


@pytest.mark.no_library
def test_the_numbers_are_those_of_the_headers() -> None:
    from libmod._errors import CLASSES
    from libmod._subject import _NUMBER_KEYS, _TEXT_KEYS

    include = SOURCE / "include" / "libmod"
    if not include.exists():
        pytest.skip("not in the source tree")
    text = "".join(path.read_text() for path in include.glob("*.h"))
    found = re.findall(r"^#define LMOD_(\w+)\s+\(?(-?\d+)u?\)?", text, re.M)
    numbers = {name: int(value) for name, value in found}

    def family(prefix: str) -> dict[str, int]:
        size = len(prefix)
        return {k[size:]: v for k, v in numbers.items() if k.startswith(prefix)}

    assert family("SURFACE_") == {s.name: int(s) for s in libmod.Surface}
    keys = {name.upper(): key for name, key in {**_TEXT_KEYS, **_NUMBER_KEYS}.items()}
    assert family("KEY_") == keys
    assert set(family("E_").values()) == set(CLASSES)
    assert family("NEED_") == {n.name: int(n) for n in libmod.Need if n}
    assert family("LOG_") == {level.name: int(level) for level in libmod.LogLevel}
    assert family("RECORDED_") == {r.name: int(r) for r in libmod.Recorded}
    assert family("CONTENT_") == {c.name: int(c) for c in libmod.Content}
    assert family("OUTCOME_") == {o.name: int(o) for o in libmod.Outcome}
    for number in [*libmod.Action, *libmod.Coverage]:
        assert numbers[str(number.name)] == number
