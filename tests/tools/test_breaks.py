"""The list of deliberate breaks fits the code; `python tools/breaks.py` runs it."""

import ast
from pathlib import Path

import pytest
import yaml

import breaks
from breaks import BREAKS

# A page with a mistake in its scripts complains in the browser.
PARSERS = {".py": ast.parse, ".yaml": yaml.safe_load, ".js": str}


@pytest.mark.parametrize("file", sorted({mistake.file for mistake in BREAKS}))
def test_breaks_change_one_place_and_leave_a_valid_file(file):
    text = (breaks.ROOT / file).read_text(encoding="utf-8")
    parse = PARSERS[Path(file).suffix]
    for mistake in BREAKS:
        if mistake.file == file:
            changed = breaks.apply(mistake, text)
            assert changed != text, mistake
            parse(changed)


def test_every_module_has_a_break_and_every_break_a_name():
    modules = {
        str(p.relative_to(breaks.ROOT))
        for p in breaks.ROOT.glob("stages/**/*")
        if p.suffix in PARSERS and p.name != "__init__.py"  # which holds no code
    }
    assert {mistake.file for mistake in BREAKS} == modules | {"dvc.yaml"}
    assert len({mistake.name for mistake in BREAKS}) == len(BREAKS)


def test_a_break_that_does_not_fit_is_refused():
    mistake = breaks.Break("a.py", "sign", "+", "-")
    assert breaks.apply(mistake, "a + b") == "a - b"
    for text in ("a - b", "a + b + c"):
        with pytest.raises(ValueError, match="sign: .*expected once"):
            breaks.apply(mistake, text)


def test_the_first_test_that_fails_is_named(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "def test_b(): pass\n"
        "@pytest.mark.parametrize('x', ['1 - 2', '3'])\n"
        "def test_c(x): assert [x] == ['3'], '[4] - 5'\n"
    )
    assert breaks.failing_test(tmp_path) == "test_a.py::test_c[1 - 2]"


def test_tests_lie_as_modules_lie(tmp_path):
    for name in (
        "test_a.py",
        "wing/test_b.py",
        "test_stages.py",
        "test_pipeline.py",
        "wing/test_browser.py",
    ):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for file, name in {
        "stages/vae/a.py": "test_a.py",
        "stages/vae/wing/b.py": "wing/test_b.py",
        "stages/c.py": "test_stages.py",
        "stages/vae/wing/c.js": "wing/test_browser.py",
        "dvc.yaml": "test_pipeline.py",
    }.items():
        assert breaks.tests_beside(tmp_path, file) == [str(tmp_path / "tests" / name)]
