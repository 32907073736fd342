"""The list of deliberate breaks fits the code; `python tools/breaks.py` runs it."""

import ast

import pytest
import yaml

import breaks
from breaks import BREAKS


@pytest.mark.parametrize("mistake", BREAKS, ids=lambda mistake: mistake.name)
def test_a_break_changes_one_place_and_leaves_a_valid_file(mistake):
    text = (breaks.ROOT / mistake.file).read_text(encoding="utf-8")
    changed = breaks.apply(mistake, text)
    assert changed != text
    parse = ast.parse if mistake.file.endswith(".py") else yaml.safe_load
    parse(changed)


def test_every_module_has_a_break_and_every_break_a_name():
    modules = {
        str(p.relative_to(breaks.ROOT)) for p in breaks.ROOT.glob("stages/**/*.py")
    }
    assert {mistake.file for mistake in BREAKS} == modules | {"dvc.yaml"}
    assert len({mistake.name for mistake in BREAKS}) == len(BREAKS)


def test_a_break_that_does_not_fit_is_refused():
    mistake = breaks.Break("a.py", "sign", "+", "-")
    assert breaks.apply(mistake, "a + b") == "a - b"
    for text in ("a - b", "a + b + c"):
        with pytest.raises(ValueError, match="sign: .*expected once"):
            breaks.apply(mistake, text)
