"""`dvc.yaml` and `params.yaml` against the code: nothing forgotten, nothing idle."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import check

ROOT = Path(__file__).parent.parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())


def syntax_tree(path):
    return ast.parse((ROOT / path).read_text())


def imported_names(path):
    """Every module that a file imports, `from a import b` as both a and a.b."""
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_files(script):
    """A script and every file of ours that it loads, directly or not."""
    found, todo = set(), [script]
    while todo:
        path = todo.pop()
        if path not in found and (ROOT / path).is_file():
            found.add(path)
            names = list(imported_names(path))
            stems = [f"stages/{name.replace('.', '/')}" for name in names]
            packages = {name.split(".")[0] for name in names}
            todo += [f"{stem}.py" for stem in stems]
            todo += [f"stages/{name}/__init__.py" for name in packages]
    return found


def attribute_chains(path, root):
    """`train.seed` for each `params.train.seed` in a file, the longest chains only."""
    tree = syntax_tree(path)
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for node in ast.walk(tree):
        chain = []
        if id(node) in inner:
            continue
        while isinstance(node, ast.Attribute):
            chain.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == root and chain:
            yield ".".join(chain)


def output_paths(stage):
    for kind in ("outs", "metrics", "plots"):
        for entry in stage.get(kind, []):
            yield entry if isinstance(entry, str) else next(iter(entry))


def test_the_stages_are_those_that_there_are():
    assert [f"stages/{name}.py" for name in STAGES] == [
        stage["cmd"].removeprefix("python -BE ") for stage in STAGES.values()
    ]
    scripts = {path.stem for path in (ROOT / "stages").glob("*.py")}
    assert scripts == set(STAGES)


def covered_files(stage):
    """Every file of code that the dependencies name, alone or by its folder."""
    for dep in stage["deps"]:
        if dep.endswith(".py"):
            yield dep
        elif dep.startswith("stages/"):
            yield from (str(p.relative_to(ROOT)) for p in (ROOT / dep).rglob("*.py"))


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_every_module_that_a_stage_loads_and_no_other(name):
    covered = list(covered_files(STAGES[name]))
    assert sorted(covered) == sorted(loaded_files(f"stages/{name}.py"))


def test_deps_cover_every_part_of_the_page():
    parts = ROOT.glob("stages/vae/explorer/*.*")
    listed = {dep for dep in STAGES["explore"]["deps"] if "/explorer/" in dep}
    assert {str(path.relative_to(ROOT)) for path in parts} == listed


def test_the_check_looks_for_every_package_that_a_stage_imports():
    loaded = set().union(*(loaded_files(f"stages/{name}.py") for name in STAGES))
    names = {name.split(".")[0] for path in loaded for name in imported_names(path)}
    ours = {"vae", *STAGES}
    assert set(check.PACKAGES) == names - ours - sys.stdlib_module_names


def test_every_stage_comes_after_the_check():
    (checked,) = output_paths(STAGES["check"])
    for name, stage in STAGES.items():
        # The figures have no parameters: what they draw comes from stages that do.
        assert (checked in stage["deps"]) == (name not in {"check", "render"})


@pytest.mark.parametrize("name", STAGES)
def test_deps_and_params_stand_in_order(name):
    for kind in ("deps", "outs", "params"):
        assert STAGES[name].get(kind, []) == sorted(STAGES[name].get(kind, []))


@pytest.mark.parametrize("name", STAGES)
def test_params_are_those_that_a_stage_reads(name):
    declared = STAGES[name].get("params", [])
    read = set(attribute_chains(f"stages/{name}.py", root="params"))
    for key in declared:
        assert any(f"{chain}.".startswith(f"{key}.") for chain in read), key
    if "params.yaml" in STAGES[name]["deps"]:  # all of it
        return
    for chain in read:
        assert any(f"{chain}.".startswith(f"{key}.") for key in declared), chain


def test_every_parameter_is_declared_by_a_stage():
    declared = {key for stage in STAGES.values() for key in stage.get("params", [])}
    assert set(PARAMS) <= declared


def test_every_module_is_loaded_by_a_stage():
    loaded = set().union(*(loaded_files(f"stages/{name}.py") for name in STAGES))
    files = {str(p.relative_to(ROOT)) for p in (ROOT / "stages").rglob("*.py")}
    assert files == loaded


def test_no_stage_imports_a_stage():
    for name in STAGES:
        assert loaded_files(f"stages/{name}.py") & {
            f"stages/{other}.py" for other in STAGES
        } == {f"stages/{name}.py"}


def test_only_train_and_evaluate_load_tensorflow():
    for name in STAGES:
        names = {
            n for p in loaded_files(f"stages/{name}.py") for n in imported_names(p)
        }
        heavy = {"tensorflow", "keras"} & {n.split(".")[0] for n in names}
        assert bool(heavy) == (name in {"train", "evaluate"})


def test_settings_come_before_every_import_of_tensorflow():
    for path in loaded_files("stages/train.py") | loaded_files("stages/evaluate.py"):
        names = list(imported_names(path))
        if path != "stages/vae/numerics/determinism.py" and "tensorflow" in names:
            first = min(names.index(n) for n in ("tensorflow", "keras") if n in names)
            assert names.index("vae.numerics.determinism") < first, path


def test_computation_opens_no_files():
    opens = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "savefig"}
    # whose purpose it is
    files = {"arrays", "checkpoint", "files", "mirrors", "params", "sources", "stage"}
    for path in (ROOT / "stages/vae").rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = {
            getattr(node.func, "attr", getattr(node.func, "id", None))
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
        }
        assert path.stem in files or not calls & opens, path


def test_no_stage_reads_what_a_later_one_writes():
    written = set()
    for stage in STAGES.values():
        files = {dep for dep in stage["deps"] if not dep.startswith("stages/")}
        assert files - {"params.yaml"} <= written
        written |= set(output_paths(stage))


def test_only_weights_and_arrays_are_left_to_the_cache():
    for name, stage in STAGES.items():
        for entry in stage.get("outs", []):
            cached = isinstance(entry, str) or "cache" not in next(iter(entry.values()))
            assert cached == (name != "explore")  # the page lies in Git
        for entry in stage.get("metrics", []) + stage.get("plots", []):
            (options,) = entry.values()
            assert options["cache"] is False


@pytest.fixture
def make(tmp_path):
    """Runs `make repro` in a repository where all is set up, with a DVC that ends."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / ".venv/bin/dvc").write_text("#!/bin/sh\n")
    (tmp_path / ".venv/bin/dvc").chmod(0o755)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv/ready").touch()
    (tmp_path / "dvc.lock").write_text("stages: {a: committed}")
    subprocess.run(["git", "add", "dvc.lock"], cwd=tmp_path, check=True)
    return lambda: subprocess.run(
        ["make", "repro"], cwd=tmp_path, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("content", "kept"), [("", False), ('{"/a": {"wri', False), ("{}", True)]
)
def test_make_removes_a_lock_that_a_kill_left_half_written(
    make, tmp_path, content, kept
):
    lock = tmp_path / ".dvc/tmp/rwlock"
    lock.write_text(content)
    assert make().returncode == 0
    assert lock.exists() == kept


@pytest.mark.parametrize(
    ("content", "kept"),
    [("", False), ("sch", False), ("stages:\n  a:\n   b", True), ("stages: [", False)],
)
def test_make_restores_a_dvc_lock_that_a_kill_left_half_written(
    make, tmp_path, content, kept
):
    lock = tmp_path / "dvc.lock"
    lock.write_text(content)
    assert make().returncode == 0
    assert lock.read_text() == (content if kept else "stages: {a: committed}")


def test_make_leaves_a_dvc_lock_alone_that_was_deleted_or_is_in_conflict(
    make, tmp_path
):
    lock = tmp_path / "dvc.lock"
    lock.unlink()
    assert make().returncode == 0
    assert not lock.exists()

    def git(*command, **kwargs):
        kwargs |= {"cwd": tmp_path, "text": True}
        return subprocess.check_output(["git", *command], **kwargs).strip()

    content = git("rev-parse", ":dvc.lock")
    sides = [f"100644 {content} {side}\tdvc.lock" for side in (2, 3)]
    git("rm", "--quiet", "--cached", "dvc.lock")
    git("update-index", "--index-info", input="\n".join(sides))
    lock.write_text("<<<<<<< HEAD\nstages: {a: resolved by half")
    result = make()
    assert result.returncode != 0 and "unmerged" in result.stderr
    assert "by half" in lock.read_text()


def test_make_says_what_an_archive_without_git_needs(make, tmp_path, monkeypatch):
    assert make().returncode == 0
    shutil.rmtree(tmp_path / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = make()
    assert result.returncode != 0
    assert "no Git repository, which DVC needs; first: git init" in result.stdout
