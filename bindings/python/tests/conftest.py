"""What the tests need: the built library, its worker, and a small site to scan against."""

import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

import libmod

NEEDED = ("LIBMOD_LIBRARY", "LIBMOD_WORKER", "LIBMOD_SITE")
MISSING = [name for name in NEEDED if not os.environ.get(name)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a built library everything that uses it is skipped."""
    if MISSING:
        for item in items:
            if "no_library" not in item.keywords:
                item.add_marker(pytest.mark.skip(reason=f"{', '.join(MISSING)} not set"))


def pytest_configure(config: pytest.Config) -> None:
    """The one marker of these tests."""
    config.addinivalue_line("markers", "no_library: needs no built library")


@pytest.fixture
def site(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with libmod.yaml, a list, and listed and clean files: tests/hosts/site.c."""
    subprocess.run(
        [os.environ["LIBMOD_SITE"], tmp_path / "site", os.environ["LIBMOD_WORKER"]], check=True
    )
    return tmp_path / "site"


@pytest.fixture
def engine(site: pathlib.Path) -> Iterator[libmod.Engine]:
    """An open engine of that site."""
    with libmod.Engine(site / "libmod.yaml") as opened:
        yield opened
