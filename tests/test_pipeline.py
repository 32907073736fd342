"""`dvc.yaml`, `params.yaml` and the folders of the code against what it imports."""

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

import check

ROOT = Path(__file__).parent.parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
PACKAGE = "stages/vae/__init__.py"
FILES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "stages").rglob("*.py"))
PAGE = "stages/vae/explorer"  # whose parts are no modules

# What modules may import of ours, by their folder; "" is the top floor: the model,
# its likelihoods and priors, objectives and training. Stages may import all.
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
    """Return every module that a file imports, `from a import b` as both a and a.b."""
    names = []
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return names


def imported_files(path):
    """Return the files of ours that a file imports, without those of packages."""
    stems = (f"stages/{name.replace('.', '/')}.py" for name in imported_names(path))
    return {stem for stem in stems if (ROOT / stem).is_file()}


@cache
def loaded_files(script):
    """Return a script and every file of ours that it loads, directly or not.

    What `vae.load` imports is loaded only where it is called.
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
    """Return `train.seed` for each `params.train.seed` in a file, the longest alone.

    A call such as `read_params().train.seed` counts as `params`.
    """
    tree = syntax_tree(path)
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    chains = set()
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        text = text.replace("read_params()", "params")
        if id(node) not in inner and text.startswith(f"{root}."):
            chains.add(text.removeprefix(f"{root}."))
    return chains


def third_party(paths):
    """Return the packages that files import, neither ours nor Python's own."""
    names = {name.split(".")[0] for path in paths for name in imported_names(path)}
    return names - {"vae", *STAGES} - sys.stdlib_module_names


def output_paths(stage):
    for kind in ("outs", "metrics", "plots"):
        for entry in stage.get(kind, []):
            yield entry if isinstance(entry, str) else next(iter(entry))


def test_the_stages_are_those_that_there_are():
    assert [f"python -BE stages/{name}.py" for name in STAGES] == [
        stage["cmd"] for stage in STAGES.values()
    ]
    scripts = {path.stem for path in (ROOT / "stages").glob("*.py")}
    assert scripts == set(STAGES)


def covers(dep, path):
    """Whether a dependency is a file, or the folder in which it is."""
    return path == dep or path.startswith(f"{dep}/")


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_every_module_that_a_stage_loads_and_no_other(name):
    loaded = loaded_files(f"stages/{name}.py")
    deps = [dep for dep in STAGES[name]["deps"] if dep.startswith("stages/")]
    for path in loaded:
        assert any(covers(dep, path) for dep in deps), path
    for dep in deps:
        used = any(covers(dep, path) for path in loaded)
        assert used or (name, dep) == ("explore", PAGE), dep


def test_the_check_looks_for_every_package_that_a_stage_imports():
    loaded = set().union(*(loaded_files(f"stages/{name}.py") for name in STAGES))
    assert set(check.PACKAGES) == third_party(loaded)


def test_every_stage_comes_after_the_check():
    (checked,) = output_paths(STAGES["check"])
    for name, stage in STAGES.items():
        # The figures have no parameters: what they draw comes from stages that do.
        assert (checked in stage["deps"]) == (name not in {"check", "render"})


@pytest.mark.parametrize("name", STAGES)
def test_params_are_those_that_a_stage_reads(name):
    declared = STAGES[name].get("params", [])
    read = attribute_chains(f"stages/{name}.py", root="params")
    for key in declared:
        assert any(f"{chain}.".startswith(f"{key}.") for chain in read), key
    if "params.yaml" in STAGES[name]["deps"]:  # all of it
        return
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
    """Return the folder of a module in `vae`, "" for the top floor."""
    return Path(path).relative_to("stages/vae").parent.as_posix().replace(".", "")


@pytest.mark.parametrize("path", [f for f in FILES if f != PACKAGE])
def test_a_module_imports_only_what_its_folder_may(path):
    scripts = {f"stages/{name}.py" for name in STAGES}
    assert imported_files(path) & scripts == set()
    if path in scripts:
        return
    allowed = MAY_IMPORT[room(path)]
    for other in imported_files(path):
        module = f"{room(other)}.{Path(other).stem}"
        assert {room(other), module} & allowed, other


def test_tensorflow_is_imported_in_one_place():
    """Other places could do so before its settings are made."""
    heavy = [path for path in FILES if {"tensorflow", "keras"} & third_party([path])]
    assert heavy == ["stages/vae/numerics/determinism.py"]
    users = {n for n in STAGES if heavy[0] in loaded_files(f"stages/{n}.py")}
    assert users == {"train", "evaluate"}


def test_computation_opens_no_files():
    opens = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "savefig"}
    for path in FILES:
        if path.startswith("stages/vae/") and room(path) not in {"pipeline", "data"}:
            calls = [
                n.func for n in ast.walk(syntax_tree(path)) if isinstance(n, ast.Call)
            ]
            assert not opens & {ast.unparse(call).split(".")[-1] for call in calls}, (
                path
            )


def test_priors_and_likelihoods_are_asked_and_not_compared():
    """Their names are known where they are declared and made, and nowhere else."""
    kinds = r"""["'](vamp|bernoulli|continuous_bernoulli)["']"""
    kinds += r"|isinstance\([^)]*(prior|likelihood)"
    found = {p for p in FILES if re.search(kinds, (ROOT / p).read_text(), re.I)}
    owners = {"pipeline/schema.py", "likelihoods.py", "priors.py"}
    assert found == {f"stages/vae/{name}" for name in owners}


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


LOCKS = ["dvc.lock", "studies/dvc.lock"]
COMMITTED = "stages: {a: committed}"


@pytest.fixture
def make(tmp_path):
    """Runs `make repro` in a repository where all is set up, with a DVC that ends."""
    for folder in ("checks", "studies", ".venv/bin", ".dvc/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("Makefile", "checks/clones.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, line in {"python": f'exec {sys.executable} "$@"', "dvc": ""}.items():
        script = tmp_path / f".venv/bin/{name}"
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(0o755)
    for name in LOCKS:
        (tmp_path / name).write_text(COMMITTED)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", *LOCKS], cwd=tmp_path, check=True)
    for name in ("requirements.txt", ".venv/ready"):
        (tmp_path / name).touch()
    return lambda: subprocess.run(
        ["make", "repro"], cwd=tmp_path, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (".dvc/tmp/rwlock", '{"/a": {"wri', None),
        (".dvc/tmp/rwlock", "{}", "{}"),
        *[(name, "stages: [", COMMITTED) for name in LOCKS],
        *[(name, "stages:\n  a:\n   b", "stages:\n  a:\n   b") for name in LOCKS],
    ],
)
def test_make_mends_a_lock_that_a_kill_left_half_written(
    make, tmp_path, name, content, expected
):
    lock = tmp_path / name
    lock.write_text(content)
    assert make().returncode == 0
    assert (lock.read_text() if lock.exists() else None) == expected


@pytest.mark.parametrize("name", LOCKS)
def test_make_leaves_a_dvc_lock_alone_that_was_deleted_or_is_in_conflict(
    make, tmp_path, name
):
    lock = tmp_path / name
    lock.unlink()
    assert make().returncode == 0
    assert not lock.exists()

    def git(*command, **kwargs):
        kwargs |= {"cwd": tmp_path, "text": True}
        return subprocess.check_output(["git", *command], **kwargs).strip()

    content = git("rev-parse", f":{name}")
    sides = [f"100644 {content} {side}\t{name}" for side in (2, 3)]
    git("rm", "--quiet", "--cached", name)
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
