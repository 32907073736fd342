"""`dvc.yaml`, `params.yaml` and the imports of the code."""

import ast
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
    "": {"", "numerics", "pipeline.registry"},
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


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return a function that runs `make repro` with a fake DVC."""
    monkeypatch.chdir(tmp_path)
    for folder in ("checks", "stages", "studies", ".venv/bin"):
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
    return lambda: subprocess.run(["make", "repro"], capture_output=True, text=True)


def test_make_repairs_a_truncated_lock(make):
    lock = Path("studies/dvc.lock")
    lock.write_text("stages: {a: committed}")
    for command in (["init", "--quiet"], ["add", lock]):
        subprocess.run(["git", *command], check=True)
    lock.write_text("stages: [")
    assert make().returncode == 0
    assert lock.read_text() == "stages: {a: committed}"


def test_make_prints_the_error_of_git(make, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = make()
    assert result.returncode != 0
    error, _ = result.stderr.splitlines()  # the second line is by make
    needed = "error: DVC needs a Git repository (to create one: git init)"
    assert error.startswith(f"{needed}; Git says: fatal: not a git repository")
