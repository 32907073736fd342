"""Two locks fix all versions, and the project names all imported packages."""

import re
import tomllib
from importlib.metadata import packages_distributions

import pytest

from conftest import ROOT
from test_pipeline import FOLDERS, third_party

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = PROJECT["project"]["dependencies"]
STUDIES_GROUP = PROJECT["dependency-groups"]["studies"]
DEV_GROUP = PROJECT["dependency-groups"]["dev"]
PROVIDERS = packages_distributions()


def normalized(names):
    """Return normalized names of distributions."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def lines(lock):
    """Return a line per package of a lock."""
    joined = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^ *([^#\s].*?) *$", joined, re.M)


LOCKS = {name: lines(name) for name in ("requirements.txt", "requirements-dev.txt")}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_version_with_hashes(lock):
    """So pip installs nothing else, and locks have no address, index or option."""
    pin = re.compile(
        r"[\w.-]+(\[[\w,]+\])?==[\w.!+]+( ;[^#@\\]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    )
    assert len(LOCKS[lock]) >= len(DEV_GROUP)
    assert [line for line in LOCKS[lock] if not pin.fullmatch(line)] == []
    text = (ROOT / lock).read_text()  # includes comments
    assert not re.search("https?:|file:|--(extra-)?index|--find-links", text)


def test_the_locks_pin_every_package_of_the_project_once():
    user, dev = (
        normalized(re.match(r"[\w.-]+", line)[0] for line in lock)
        for lock in LOCKS.values()
    )
    assert normalized(DEPENDENCIES + STUDIES_GROUP) <= user
    assert normalized(DEV_GROUP) <= dev
    assert user & dev == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_project_names_every_package_that_is_imported(folder):
    others = {"studies": STUDIES_GROUP, "tests": STUDIES_GROUP + DEV_GROUP}
    declared = normalized(DEPENDENCIES + others.get(folder, []))
    for name in third_party((ROOT / folder).rglob("*.py")):
        assert declared & normalized(PROVIDERS.get(name, [])), name
