"""Two locks are the only source of versions, and name all that is imported."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.txt", "requirements-dev.txt")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = PROJECT["project"]["dependencies"]
STUDIES_GROUP = PROJECT["dependency-groups"]["studies"]
DEV_GROUP = PROJECT["dependency-groups"]["dev"]
ALL = DEPENDENCIES + STUDIES_GROUP + DEV_GROUP


def normalized(name):
    """The one spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock):
    """The lines of each package in a lock, joined."""
    joined = LOCKS[lock].replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def imported_packages(folder):
    """Names that the files of a folder import, neither ours nor Python's own."""
    names = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
    folders = ("stages", "studies", "tools", "checks", "tests")
    ours = {path.stem for name in folders for path in (ROOT / name).iterdir()}
    return names - ours - sys.stdlib_module_names


def locked(lock):
    """Names of the packages in a lock."""
    return {normalized(line.split("==")[0].split("[")[0]) for line in entries(lock)}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_version_with_hashes(lock):
    """So pip takes nothing else, and no address, index or option hides among them."""
    pin = re.compile(
        r"[\w.-]+(\[[\w,]+\])?==[\w.!+]+( ;[^#@\\]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    )
    assert len(entries(lock)) >= len(DEV_GROUP)
    assert [line for line in entries(lock) if not pin.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_names_no_address_and_no_index(lock):
    for word in (
        "http:",
        "https:",
        "file:",
        "--index",
        "--extra-index",
        "--find-links",
    ):
        assert word not in lock


def test_the_project_names_packages_without_versions():
    assert [name for name in ALL if not re.fullmatch(r"[A-Za-z0-9.-]+", name)] == []


def test_the_locks_pin_every_package_of_the_project_once():
    user, dev = map(locked, LOCKS)
    declared = set(map(normalized, DEPENDENCIES + STUDIES_GROUP))
    assert declared <= user
    assert set(map(normalized, DEV_GROUP)) <= dev
    assert user & dev == set()


@pytest.mark.parametrize(
    ("folder", "declared"),
    [
        ("stages", DEPENDENCIES),
        ("tools", DEPENDENCIES),
        ("checks", DEPENDENCIES),
        ("studies", DEPENDENCIES + STUDIES_GROUP),
        ("tests", ALL),
    ],
)
def test_the_project_names_every_package_that_is_imported(folder, declared):
    declared = {normalized(name) for name in declared}
    providers = packages_distributions()
    undeclared = {
        name
        for name in imported_packages(folder)
        if not declared & {normalized(provider) for provider in providers.get(name, [])}
    }
    assert undeclared == set()
