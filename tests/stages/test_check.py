"""What is refused before DVC deletes any output."""

import subprocess
import sys
from pathlib import Path

import pytest

import check
from vae.pipeline.errors import PipelineError


def test_check_writes_the_same_for_all_parameters_that_are_right(tiny):
    written = set()
    for batch_size in (8, 59_993):
        tiny(train__batch_size=batch_size)
        check.main()
        written.add(Path("data/checked").read_bytes())
    assert len(written) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__epochs": 0}, "train.epochs: received 0;"),
        ({"download__dataset": "emnist"}, "'emnist'; allowed: .*, sprites or own"),
        ({"train__batch_size": 59_994}, "received 59994; allowed: at most 59993,"),
        (
            {"preprocess__validation_images": 59_991},
            "allowed: at most 59990, so that 10 of the 60000 images are left",
        ),
        (
            {
                "model__prior": "vamp",
                "model__pseudo_inputs": 11,
                "preprocess__validation_images": 59_990,
            },
            "pseudo_inputs: received 11; allowed: at most 10, the number of training",
        ),
        ({"download__dataset": "sprites"}, "received 0; allowed: 10 or more, because"),
        (
            {"download__dataset": "sprites", "preprocess__test_images": 61_431},
            "received 61431; allowed: at most 61430, so that 10 of the 61440 images",
        ),
        (
            {"download__dataset": "sprites", "download__size": [64, 32]},
            r"size: received \[64, 32\]; allowed for sprites: .* a side from 16 to 256",
        ),
        ({"preprocess__test_images": 9}, "received 9; allowed: 0, because .* 10000"),
    ],
)
def test_a_mistake_is_refused(tiny, changes, message):
    tiny(**changes)
    with pytest.raises(PipelineError, match=f"^params.yaml: .*{message}"):
        check.main()
    assert not Path("data/checked").exists()


def test_a_package_that_this_python_lacks_is_named_in_one_line(tiny):
    command = [sys.executable, "-S", check.__file__]  # as outside the environment
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and line.endswith(". .venv/bin/activate")
