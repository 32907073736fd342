"""Reading of `params.yaml`, and checks that depend on the data.

`read_params` checks the whole file, not only the section of a stage, so that every
mistake is reported before anything is computed.
"""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML, YAMLError

from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.schema import MIN_IMAGES, Params


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the parameters.

    Raises:
        PipelineError: one line per mistake, with the name of the parameter, the
            received value and the allowed values.
    """
    try:
        # DVC's parser: others read 010 or 1:30 as different numbers.
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "no such file; run from the project's root"
        raise PipelineError(f"{path}: {problem}") from None
    # ValueError: 2001-99-99, invalid UTF-8; RecursionError: thousands of brackets.
    except (RecursionError, ValueError, YAMLError) as error:
        raise PipelineError(f"{path}: not YAML: {one_line(error)}") from None
    if content is None:
        problem = "empty; restore it with: git checkout HEAD params.yaml"
        raise PipelineError(f"{path}: {problem}")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        lines = [f"{path}: {explain(detail)}" for detail in error.errors()]
        raise PipelineError("\n".join(lines)) from None


def check_counts(params: Params, num_images: int) -> None:
    """Raise PipelineError if a parameter requires more training images.

    `num_images` includes the validation images.
    """
    model, num_validation = params.model, params.preprocess.validation_images
    num_training, most = num_images - num_validation, num_images - MIN_IMAGES
    if num_validation > most:
        name = "preprocess.validation_images"
        raise refusal(name, num_validation, at_most(most, num_images))
    for name, received in {
        "model.pseudo_inputs": model.pseudo_inputs if model.prior == "vamp" else 0,
        "train.batch_size": params.train.batch_size,
    }.items():
        if received > num_training:
            allowed = f"at most {num_training}, the number of training images"
            raise refusal(name, received, allowed)


def check_test_images(params: Params, num_images: int, num_test: int) -> None:
    """Raise PipelineError unless images are held out for a test only if none are given.

    `num_images` and `num_test` count the training and test images in the files.
    """
    received, most = params.preprocess.test_images, num_images - MIN_IMAGES
    name = "preprocess.test_images"
    if num_test and received:
        allowed = f"0, because the dataset has {num_test} test images"
        raise refusal(name, received, allowed)
    if not num_test and received < MIN_IMAGES:
        allowed = f"{MIN_IMAGES} or more, because the dataset has no test set"
        raise refusal(name, received, allowed)
    if received > most:
        raise refusal(name, received, at_most(most, num_images))


def at_most(count: int, num_images: int) -> str:
    """Describe the values that leave enough of the images for training."""
    left = f"{MIN_IMAGES} of the {num_images} images are left for training"
    return f"at most {count}, so that {left}"


def refusal(name: str, received: int, allowed: str) -> PipelineError:
    """Return the error of a parameter whose value does not suit the images."""
    message = f"{name}: received {received}; allowed: {allowed}"
    return PipelineError(f"params.yaml: {message}")


def explain(detail: Any) -> str:
    """Format an error of pydantic as one line: name, received, allowed."""
    message = detail["msg"].removeprefix("Value error, ")
    if detail["loc"] == () and detail["type"] == "value_error":
        return message
    name = ".".join(str(part) for part in detail["loc"]) or "the file"
    if detail["type"] == "missing":
        return f"{name}: missing; give it a value"
    if detail["type"] == "extra_forbidden":
        section: Any = Params
        for part in detail["loc"][:-1]:
            section = section.model_fields[part].annotation
        return f"{name}: unknown; allowed here: {', '.join(section.model_fields)}"
    return f"{name}: received {detail['input']!r:.80}; {message}"
