"""What a study runs: a grid of parameters, checked before anything is computed."""

import sys
from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "stages"))  # the parameters are those of the pipeline

from vae.data.catalog import choose_dataset  # noqa: E402
from vae.pipeline.errors import PipelineError, one_line  # noqa: E402
from vae.pipeline.params import check_counts, explain, read_params
from vae.pipeline.schema import Params, Section  # noqa: E402

# A parameter such as `train.seed`, and its value.
Overrides = dict[str, Any]
NotEmpty = Field(min_length=1)


class Published(Section):
    """A number of others, for the figure.

    Attributes:
        label: whose it is.
        x: places along the axis.
        y: values there.
    """

    label: str
    x: list[Any]
    y: list[float]


class Figure(Section):
    """What the figure shows.

    Attributes:
        x: a parameter of the grid, `variant`, or a metric.
        metrics: such as `test.elbo`, each with a panel of its own.
        panels: a parameter of the grid or `variant`, each value of which has them.
        published: by metric.
    """

    x: str
    metrics: Annotated[list[str], NotEmpty]
    panels: str | None = None
    published: dict[str, list[Published]] = {}


class Summary(Section):
    """What each variant comes to, beside what others have published.

    Attributes:
        metric: whose mean over the runs is taken, such as `test.iwae_bound`.
        published: by variant.
    """

    metric: str
    published: dict[str, float]


class Study(Section):
    """A question, and the runs that answer it.

    Attributes:
        question: in a line.
        shared: parameters of all runs that differ from `params.yaml`.
        variants: further ones, by a name that becomes a column of the table.
        grid: values by parameter; all combinations are run, for each variant.
        figure: what it shows.
        summary: a second table, with a row for each variant.
    """

    question: str
    shared: Overrides = {}
    variants: Annotated[dict[str, Overrides], NotEmpty] | None = None
    grid: Annotated[dict[str, Annotated[list[Any], NotEmpty]], NotEmpty]
    figure: Figure | None = None
    summary: Summary | None = None

    @model_validator(mode="after")
    def _names_are_there(self) -> "Study":
        if self.summary:
            if not self.variants:
                raise ValueError("a summary has a row for each variant; none is given")
            if unknown := sorted(set(self.summary.published).difference(self.variants)):
                raise ValueError(f"summary: no such variant: {', '.join(unknown)}")
        panels = self.figure.panels if self.figure else None
        if panels not in (None, *self.grid, *(["variant"] if self.variants else [])):
            raise ValueError(f"figure.panels: {panels}: no column of the grid")
        return self


class Point(NamedTuple):
    """A run.

    Attributes:
        place: what tells it from the others: its variant, and values of the grid.
        overrides: all parameters that differ from `params.yaml`.
    """

    place: dict[str, Any]
    overrides: Overrides


def study_names(folder: Path) -> list[str]:
    """Of all studies that a folder specifies."""
    return sorted(path.stem for path in folder.glob("*.yaml") if path.stem != "dvc")


def read_study(path: Path) -> Study:
    """Read a file of a study. Raises PipelineError, a line for each mistake."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return Study.model_validate(content)
    except FileNotFoundError:
        known = ", ".join(study_names(path.parent))
        raise PipelineError(f"{path}: no such study; there are: {known}") from None
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}"
            for detail in error.errors()
        ]
        raise PipelineError("\n".join(lines)) from None
    except (YAMLError, ValueError) as error:
        raise PipelineError(f"{path}: not YAML: {one_line(error)}") from None


def parse_grid(arguments: Iterable[str]) -> Study:
    """A study of `model.latent_dim=2,5,10` and the like."""
    grid = {}
    for argument in arguments:
        name, equals, values = argument.partition("=")
        try:
            grid[name] = YAML(typ="safe").load(f"[{values}]")
        except YAMLError:
            equals = ""
        if not (equals and grid[name]):
            raise PipelineError(
                f"{argument}: received no values; expected such as train.seed=1,2,3"
            )
    return Study(question=" ".join(arguments), grid=grid)


def list_points(study: Study) -> list[Point]:
    """All runs, in the order of the table.

    Raises PipelineError if `params.yaml` with the parameters of a run is refused, or
    two runs are the same.
    """
    params = read_params(ROOT / "params.yaml").model_dump()
    points = []
    for variant, changes in (study.variants or {"": {}}).items():
        for values in product(*study.grid.values()):
            place = dict(zip(study.grid, values, strict=True))
            overrides = study.shared | changes | place
            if study.variants:
                place = {"variant": variant} | place
            check_point(params, overrides)
            if any(overrides == point.overrides for point in points):
                raise PipelineError(f"{place}: the same run twice")
            points.append(Point(place, overrides))
    return points


def check_point(params: Mapping[str, Any], overrides: Overrides) -> None:
    """Raise PipelineError unless the pipeline would take these parameters."""
    try:
        checked = Params.model_validate(override(params, overrides))
    except ValidationError as error:
        raise PipelineError(explain(error.errors()[0])) from None
    dataset = choose_dataset(checked.download.dataset)
    check_counts(checked, dataset.num_training_images)


def override(params: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """Parameters by section and name, some of them replaced.

    Raises PipelineError if a parameter is not there.
    """
    params = deepcopy(dict(params))
    for key, value in overrides.items():
        section, _, name = key.partition(".")
        if name not in params.get(section, {}):
            raise PipelineError(f"{key}: no such parameter in params.yaml")
        params[section][name] = value
    return params
