"""The points of a study's grid, checked before anything is computed."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from pydantic import ValidationError
from ruamel.yaml import YAML, YAMLError

from checkout import ROOT
from specification import Overrides, Study
from vae.data.catalog import check_known_counts
from vae.pipeline.errors import PipelineError
from vae.pipeline.params import explain, read_params
from vae.pipeline.schema import Params


class Point(NamedTuple):
    """A run of a study."""

    coordinates: dict[str, Any]  # variant and values of the grid
    overrides: Overrides  # parameters that replace those of `params.yaml`

    def __str__(self) -> str:
        """Return the coordinates as text, with short names."""
        pairs = self.coordinates.items()
        return ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in pairs)


def parse_grid(arguments: Iterable[str]) -> Study:
    """Return the study of arguments such as `model.latent_dim=2,5,10`."""
    grid = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        try:
            values = YAML(typ="safe").load(f"[{text}]")
        except (YAMLError, ValueError, RecursionError):
            values = None
        if not (name and equals and values):
            raise PipelineError(
                f"{argument:.80}: received no values; expected e.g. train.seed=1,2,3"
            )
        grid[name] = values
    return Study(question="", grid=grid)


def list_points(study: Study) -> list[Point]:
    """Return all points in the order of the table. Raises PipelineError if invalid."""
    defaults = default_params()
    points: dict[str, Point] = {}
    for variant, changes in (study.variants or {None: {}}).items():
        for values in product(*study.grid.values()):
            coordinates = dict(zip(study.grid, values, strict=True))
            named = {"variant": variant} if study.variants else {}
            point = Point(named | coordinates, study.shared | changes | coordinates)
            try:
                params = check_overrides(point.overrides, defaults)
            except PipelineError as error:
                message = str(error).removeprefix("params.yaml: ")
                raise PipelineError(f"{point!s:.80}: {message}") from None
            other = points.setdefault(params.model_dump_json(), point)
            if other is not point:
                raise PipelineError(f"{point}: the same run as {other}")
    return list(points.values())


def default_params() -> Overrides:
    """Return the values of `params.yaml` by names such as `train.seed`."""
    return {
        f"{section}.{name}": value
        for section, values in read_params(ROOT / "params.yaml").model_dump().items()
        for name, value in values.items()
    }


def check_overrides(overrides: Overrides, defaults: Mapping[str, Any]) -> Params:
    """Return all parameters. Raises PipelineError if the pipeline refuses them."""
    for name in overrides:
        if name not in defaults:
            problem = "no such parameter in params.yaml; expected e.g. train.seed"
            raise PipelineError(f"{name}: {problem}")
    sections: dict[str, dict[str, Any]] = {}
    for key, value in {**defaults, **overrides}.items():
        section, name = key.split(".")
        sections.setdefault(section, {})[name] = value
    try:
        checked = Params.model_validate(sections)
    except ValidationError as error:
        raise PipelineError(explain(error.errors()[0])) from None
    check_known_counts(checked)
    return checked
