"""What a study runs: a grid of parameters, checked before anything is computed.

`docs/studies.md` says what each key of its file means.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from checkout import ROOT
from vae.data.catalog import choose_dataset
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.params import check_counts, explain, read_params
from vae.pipeline.schema import Params, Section

# Values by parameter, such as `train.seed`.
Overrides = dict[str, Any]
NotEmpty = Field(min_length=1)


class Published(Section):
    """Values of a metric that others have published, against those of a parameter."""

    label: str
    x: list[Any]
    y: list[float]


class Figure(Section):
    """A figure: `x` and `panels` are columns of the table, or `x` is a metric."""

    x: str
    metrics: Annotated[list[str], NotEmpty]
    panels: str | None = None
    published: dict[str, list[Published]] = {}  # by metric


class Summary(Section):
    """A table with the mean of a metric for each variant, beside published numbers."""

    metric: str
    published: dict[str, float]  # by variant


class Study(Section):
    """A question, and the runs that answer it."""

    question: str
    shared: Overrides = {}
    variants: Annotated[dict[str, Overrides], NotEmpty] | None = None
    grid: Annotated[dict[str, Annotated[list[Any], NotEmpty]], NotEmpty]
    figure: Figure | None = None
    summary: Summary | None = None

    @property
    def columns(self) -> list[str]:
        """Columns of the table that tell its rows apart."""
        return [*(["variant"] if self.variants else []), *self.grid]

    @property
    def metrics(self) -> list[str]:
        """Metrics without which the summary or the figure cannot be made."""
        names = [self.summary.metric] if self.summary else []
        if self.figure:
            names += [*self.figure.metrics, self.figure.x]
        return [name for name in dict.fromkeys(names) if name not in self.columns]

    @model_validator(mode="after")
    def _names_are_there(self) -> "Study":
        if self.summary:
            if not self.variants:
                raise ValueError("a summary has a row for each variant; none is given")
            if unknown := sorted(set(self.summary.published).difference(self.variants)):
                raise ValueError(f"summary: no such variant: {', '.join(unknown)}")
        panels = self.figure.panels if self.figure else None
        if panels not in (None, *self.columns):
            raise ValueError(f"figure.panels: {panels}: no column of the grid")
        return self


class Point(NamedTuple):
    """A run."""

    coordinates: dict[str, Any]  # its variant, and its values of the grid
    overrides: Overrides  # all parameters that differ from `params.yaml`

    def __str__(self) -> str:
        """Return the coordinates in words, with short names."""
        pairs = self.coordinates.items()
        return ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in pairs)


def study_names(folder: Path) -> list[str]:
    """Return the names of all studies that a folder specifies."""
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
        found = [(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        lines = [f"{path}: {name}: {message}" for name, message in found]
        raise PipelineError("\n".join(lines)) from None
    except (YAMLError, ValueError) as error:
        raise PipelineError(f"{path}: not YAML: {one_line(error)}") from None


def parse_grid(arguments: Iterable[str]) -> Study:
    """Return the study of `model.latent_dim=2,5,10` and the like."""
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
    """Return all runs, in the order of the table. Raises PipelineError for bad ones."""
    defaults = default_params()
    points: list[Point] = []
    for variant, changes in (study.variants or {None: {}}).items():
        for values in product(*study.grid.values()):
            place = dict(zip(study.grid, values, strict=True))
            named = {"variant": variant} if study.variants else {}
            point = Point(named | place, study.shared | changes | place)
            check_overrides(point.overrides, defaults)
            if any(point.overrides == other.overrides for other in points):
                raise PipelineError(f"{point}: the same run twice")
            points.append(point)
    return points


def default_params() -> Overrides:
    """Return the values of `params.yaml`, by names such as `train.seed`."""
    return {
        f"{section}.{name}": value
        for section, values in read_params(ROOT / "params.yaml").model_dump().items()
        for name, value in values.items()
    }


def check_overrides(overrides: Overrides, defaults: Mapping[str, Any]) -> None:
    """Raise PipelineError unless the pipeline would take these parameters."""
    for name in overrides:
        if name not in defaults:
            raise PipelineError(f"{name}: no such parameter in params.yaml")
    sections: dict[str, dict[str, Any]] = {}
    for key, value in {**defaults, **overrides}.items():
        section, name = key.split(".")
        sections.setdefault(section, {})[name] = value
    try:
        checked = Params.model_validate(sections)
    except ValidationError as error:
        raise PipelineError(explain(error.errors()[0])) from None
    check_counts(checked, choose_dataset(checked.download.dataset).num_training_images)
