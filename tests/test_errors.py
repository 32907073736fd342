import pytest

from vae.errors import PipelineError, run


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()


def raises(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PipelineError("too large"), "error: too large"),
        (
            OSError(28, "No space left on device", "results/x"),
            "error: results/x: No space",
        ),
        (OSError("broken pipe"), "error: broken pipe"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_what_a_user_can_mend_is_one_line(error, message):
    with pytest.raises(SystemExit) as stopped:
        run(raises(error))
    assert stopped.value.code.startswith(message)


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)


def test_a_stage_runs_from_the_root_alone(tmp_path):
    (tmp_path / "dvc.yaml").unlink()
    with pytest.raises(SystemExit) as stopped:
        run(raises(ZeroDivisionError()))
    assert "run from the project's root" in stopped.value.code
