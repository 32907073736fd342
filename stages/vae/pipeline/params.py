"""Reading of `params.yaml`, and checks that depend on the data.

`read_params` checks the whole file, not only the section of a stage, so that every
mistake is reported before anything is computed.
"""

import os
from operator import mul
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML, YAMLError

from vae.pipeline.errors import PipelineError, check_path, one_line
from vae.pipeline.schema import MIN_IMAGES, Params


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the parameters.

    Raises:
        PipelineError: one line per mistake, with the name of the parameter, the
            received value and the allowed values.
    """
    check_path(path)
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
    num_validation = params.preprocess.validation_images
    num_training = num_images - num_validation
    num_pseudo_inputs = params.model.num_pseudo_inputs
    if num_training < MIN_IMAGES:
        raise PipelineError(
            f"params.yaml: preprocess.validation_images: received {num_validation}; "
            f"allowed: at most {num_images - MIN_IMAGES}, so that "
            f"{MIN_IMAGES} of the {num_images} images are left for training"
        )
    if num_pseudo_inputs > num_training:
        raise PipelineError(
            f"params.yaml: model.pseudo_inputs: received {num_pseudo_inputs}; "
            f"allowed: at most {num_training}, the number of training images"
        )
    if params.train.batch_size > num_training:
        raise PipelineError(
            f"params.yaml: train.batch_size: received {params.train.batch_size}; "
            f"allowed: at most {num_training}, the number of training images"
        )


def check_test_images(params: Params, num_images: int, num_test: int) -> None:
    """Raise PipelineError unless images are held out for a test only if none are given.

    `num_images` and `num_test` count the training and test images in the files.
    """
    received, most = params.preprocess.test_images, num_images - MIN_IMAGES
    if num_test and received:
        allowed = f"0, because the dataset has {num_test} test images"
    elif num_test or MIN_IMAGES <= received <= most:
        return
    elif received > most:
        left = f"so that {MIN_IMAGES} of the {num_images} images are left for training"
        allowed = f"at most {most}, {left}"
    else:
        allowed = f"{MIN_IMAGES} or more, because the dataset has no test set"
    name = "params.yaml: preprocess.test_images"
    raise PipelineError(f"{name}: received {received}; allowed: {allowed}")


def check_memory(params: Params, num_images: int, num_pixels: int) -> None:
    """Raise PipelineError if this machine has too little memory.

    Training needs float32 weights, their gradients, Adam's two averages, and the values
    of all layers for one batch. Evaluation draws the noise of all ELBOs at once. Images
    are read as bytes, and copied twice. All parts need more memory in total, so every
    refused configuration would fail.

    Args:
        params: all parameters.
        num_images: training images, including those for validation.
        num_pixels: pixels per image.
    """
    model, train, evaluate = params.model, params.train, params.evaluate
    widths = [num_pixels, *model.hidden_units, model.latent_dim]
    num_weights = 2 * sum(map(mul, widths, widths[1:]))  # encoder and decoder
    num_weights += model.num_pseudo_inputs * num_pixels
    num_weights += sum(sum(map(mul, sizes, sizes[1:])) for sizes in model.couplings)
    batch = train.batch_size * train.max_samples + model.num_pseudo_inputs
    num_training = num_images - params.preprocess.validation_images
    noise = min(num_training, evaluate.max_images) * evaluate.num_samples
    remedies = {
        "training": "lower model.hidden_units, train.batch_size or the samples",
        "evaluation": "lower evaluate.max_images or evaluate.num_samples",
        "reading the images": "use fewer, or set download.size",
    }
    sizes = {  # bytes
        "training": 4 * (4 * num_weights + batch * sum(widths)),
        "evaluation": 4 * noise * model.latent_dim,
        "reading the images": 3 * num_images * num_pixels,
    }
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for part, remedy in remedies.items():
        if (size := sizes[part]) > available:
            raise PipelineError(
                f"params.yaml: {part} needs more than {size / 1e9:.0f} GB of memory, "
                f"this machine has {available / 1e9:.0f}; {remedy}"
            )


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
