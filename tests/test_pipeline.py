"""`dvc.yaml`, `params.yaml` and the imports of the code."""

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

import check
from conftest import ROOT

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
PACKAGE = "stages/vae/__init__.py"
FILES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "stages").rglob("*.py"))
FOLDERS = ("stages", "studies", "tools", "checks", "tests")
OURS = {path.stem for folder in FOLDERS for path in (ROOT / folder).iterdir()}

# Folders of `vae` from which modules may import, by their folder. The folder "" has the
# model, likelihoods, priors, objectives and training. Stages may import everything.
MAY_IMPORT = {
    "numerics": {"numerics"},
    "pipeline": {"pipeline"},
    "data": {"data", "pipeline", "numerics.streams"},
    "": {"", "numerics", "pipeline.registry", "pipeline.schema"},
    "evaluation": {"", "numerics", "pipeline", "evaluation"},
    "figures": {"figures"},
    "explorer": {"explorer"},
}


@cache
def syntax_tree(path):
    return ast.parse((ROOT / path).read_text())


@cache
def imported_names(path):
    """Return all modules that a file imports; `from a import b` gives a and a.b."""
    names = []
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return names


def imported_files(path):
    """Return the files of this repository that a file imports."""
    stems = (f"stages/{name.replace('.', '/')}.py" for name in imported_names(path))
    return {stem for stem in stems if (ROOT / stem).is_file()}


@cache
def loaded_files(script):
    """Return a script and all files of this repository that it loads.

    The imports of `vae.load` count only for files that call it.
    """
    loads = "load" in attribute_chains(script, root="vae")
    found, todo = set(), {script}
    while todo:
        path = todo.pop()
        found.add(path)
        if path != PACKAGE or loads:
            todo |= imported_files(path)
        if any(name.split(".")[0] == "vae" for name in imported_names(path)):
            todo.add(PACKAGE)
        todo -= found
    return found


def attribute_chains(path, root):
    """Return `train.seed` for `params.train.seed` in a file: the longest chains.

    A call of `read_params()` counts as `params`.
    """
    nodes = [n for n in ast.walk(syntax_tree(path)) if isinstance(n, ast.Attribute)]
    inner = {node.value for node in nodes}
    texts = (ast.unparse(node) for node in nodes if node not in inner)
    chains = [text.replace("read_params()", "params").partition(".") for text in texts]
    return {chain for name, _, chain in chains if name == root}


def third_party(paths):
    """Return the third-party packages that files import."""
    names = {name.split(".")[0] for path in paths for name in imported_names(path)}
    return names - OURS - sys.stdlib_module_names


def test_dvc_yaml_has_a_stage_per_script():
    for name, stage in STAGES.items():
        assert stage["cmd"] == f"python -BE stages/{name}.py"
    assert {path.stem for path in (ROOT / "stages").glob("*.py")} == set(STAGES)


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_every_module_that_a_stage_loads_and_no_other(name):
    loaded = loaded_files(f"stages/{name}.py")
    above = {path: {path, *map(str, Path(path).parents)} for path in loaded}
    deps = {dep for dep in STAGES[name]["deps"] if dep.startswith("stages/")}
    assert [path for path in loaded if not deps & above[path]] == []
    assert deps.difference(*above.values()) == set()


def test_check_covers_every_package_that_a_stage_imports():
    loaded = set().union(*(loaded_files(f"stages/{name}.py") for name in STAGES))
    assert set(check.PACKAGES) == third_party(loaded)


def test_every_stage_comes_after_the_check():
    for name, stage in STAGES.items():
        # Figures have no parameters of their own.
        assert (str(check.OUTPUT) in stage["deps"]) == (name not in {"check", "render"})


@pytest.mark.parametrize("name", STAGES)
def test_params_are_those_that_a_stage_reads(name):
    declared = STAGES[name].get("params", [])
    read = attribute_chains(f"stages/{name}.py", root="params")
    for key in declared:
        assert any(f"{chain}.".startswith(f"{key}.") for chain in read), key
    if "params.yaml" not in STAGES[name]["deps"]:  # depends on all parameters
        for chain in read:
            assert any(f"{chain}.".startswith(f"{key}.") for key in declared), chain


def test_every_parameter_is_declared_by_a_stage():
    declared = {key for stage in STAGES.values() for key in stage.get("params", [])}
    assert set(PARAMS) <= declared


def test_every_module_is_loaded_by_a_stage_or_a_tool():
    tools = (str(path.relative_to(ROOT)) for path in (ROOT / "tools").glob("*.py"))
    scripts = [*(f"stages/{name}.py" for name in STAGES), *tools]
    assert set(FILES) <= set().union(*map(loaded_files, scripts))


def room(path):
    """Return the folder of a module in `vae`, or ""."""
    return Path(path).relative_to("stages/vae").parent.as_posix().replace(".", "")


@pytest.mark.parametrize("path", [f for f in FILES if f != PACKAGE])
def test_a_module_imports_only_what_its_folder_may(path):
    scripts = {f"stages/{name}.py" for name in STAGES}
    assert imported_files(path) & scripts == set()
    for other in imported_files(path) if path not in scripts else ():
        module = f"{room(other)}.{Path(other).stem}"
        assert {room(other), module} & MAY_IMPORT[room(path)], other


def test_tensorflow_is_imported_in_one_place():
    """Other modules could import it before its settings are made."""
    (path,) = [f for f in FILES if {"tensorflow", "keras"} & third_party([f])]
    assert path == "stages/vae/numerics/determinism.py"
    users = {name for name in STAGES if path in loaded_files(f"stages/{name}.py")}
    assert users == {"train", "evaluate"}


def test_computation_opens_no_files():
    opens = r"\b(open|(read|write)_(text|bytes)|savefig)\("
    for path in FILES:
        if path.startswith("stages/vae/") and room(path) not in {"pipeline", "data"}:
            assert not re.search(opens, (ROOT / path).read_text()), path


def test_names_of_priors_and_likelihoods_are_not_compared():
    """Only the modules that declare and make them may contain their names."""
    kinds = r"""["'](vamp|bernoulli|continuous_bernoulli)["']"""
    kinds += r"|isinstance\([^)]*(prior|likelihood)"
    found = {p for p in FILES if re.search(kinds, (ROOT / p).read_text(), re.I)}
    owners = {"pipeline/schema.py", "likelihoods.py", "priors.py"}
    assert found == {f"stages/vae/{name}" for name in owners}


def test_only_weights_and_arrays_are_not_in_git():
    for name, stage in STAGES.items():
        for entry in stage.get("outs", []):
            cached = isinstance(entry, str) or "cache" not in next(iter(entry.values()))
            assert cached == (name != "explore")  # the page is in Git
        for entry in stage.get("metrics", []) + stage.get("plots", []):
            (options,) = entry.values()
            assert options["cache"] is False


LOCK, COMMITTED = "studies/dvc.lock", "stages: {a: committed}"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a function that runs `make repro` with a fake DVC."""
    monkeypatch.chdir(tmp_path)
    for folder in ("checks", "stages", "studies", ".venv/bin", ".dvc/tmp"):
        Path(folder).mkdir(parents=True)
    Path("stages/check.py").touch()
    for name in ("Makefile", "checks/clones.py"):
        shutil.copy(ROOT / name, name)
    for name, line in {"python": f'exec {sys.executable} "$@"', "dvc": ""}.items():
        script = Path(".venv/bin", name)
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(0o755)
    for name in ("requirements.txt", ".venv/ready"):
        Path(name).touch()
    Path(LOCK).write_text(COMMITTED)
    git("init", "--quiet")
    git("add", LOCK)
    return lambda: subprocess.run(
        ["make", "repro"], capture_output=True, text=True, check=False
    )


def git(*command, **kwargs):
    return subprocess.check_output(["git", *command], text=True, **kwargs).strip()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (".dvc/tmp/rwlock", '{"/a": {"wri', None),
        (".dvc/tmp/rwlock", "{}", "{}"),
        (LOCK, "stages: [", COMMITTED),
        (LOCK, None, None),
    ],
)
def test_make_repairs_a_truncated_lock(make, name, content, expected):
    lock = Path(name)
    lock.unlink(missing_ok=True)
    if content is not None:
        lock.write_text(content)
    assert make().returncode == 0
    assert (lock.read_text() if lock.exists() else None) == expected


def test_make_keeps_a_lock_with_a_merge_conflict(make):
    content = git("rev-parse", f":{LOCK}")
    sides = [f"100644 {content} {side}\t{LOCK}" for side in (2, 3)]
    git("rm", "--quiet", "--cached", LOCK)
    git("update-index", "--index-info", input="\n".join(sides))
    Path(LOCK).write_text("<<<<<<< HEAD\nstages: {a: resolved by half")
    result = make()
    assert result.returncode != 0 and "unmerged" in result.stderr
    assert "by half" in Path(LOCK).read_text()


@pytest.mark.parametrize("of_another", [False, True])
def test_make_prints_the_error_of_git(make, tmp_path, monkeypatch, of_another):
    if of_another:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "true")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    else:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        shutil.rmtree(".git")
    result = make()
    assert result.returncode != 0
    error, _ = result.stderr.splitlines()  # the second line is by make
    said = "detected dubious ownership" if of_another else "not a git repository"
    needed = "error: DVC needs a Git repository (to create one: git init)"
    assert error.startswith(f"{needed}; Git says: fatal: {said}")
