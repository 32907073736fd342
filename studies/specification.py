"""The specification of a study, checked before anything is computed.

`docs/studies.md` explains each key of the file.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

import checkout  # noqa: F401  adds `vae` to the path
from vae.pipeline.errors import PipelineError, one_line
from vae.pipeline.params import explain
from vae.pipeline.schema import Number, Params, Section

# Values by parameter, such as `train.seed`.
Overrides = dict[str, Any]
NotEmpty = Field(min_length=1)
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]  # no controls
PARAMETERS = [
    f"{section}.{name}"
    for section, field in Params.model_fields.items()
    for name in field.annotation.model_fields  # pyright: ignore
]
SEED = "train.seed"
METRIC = r"^(train|test|enclosure|gaps|disentanglement)\.\w+$"
Metric = Annotated[str, Field(pattern=METRIC)]  # only a run shows which exist


class Published(Section):
    """Published values of a metric, by variant."""

    metric: Metric
    source: Line
    values: dict[str, Number]


class Figure(Section):
    """A figure: rows without `x`, lines if `x` is a parameter, a curve if a metric."""

    metrics: Annotated[list[Metric], NotEmpty, Field(max_length=4)]
    x: str | None = None  # a parameter or a metric
    lines: str | None = None  # a parameter with a line per value
    # Rows are differences from these values of the grid, or from published values.
    baseline: dict[str, Any] | Literal["published"] | None = None
    spread: Annotated[Number, Field(ge=0)] | None = None  # nats of a gray band


class Summary(Section):
    """A table with means of metrics per variant, and published values."""

    metrics: Annotated[list[Metric], NotEmpty]


class Study(Section):
    """A question and the runs that answer it."""

    question: Line
    shared: Overrides = {}
    variants: Annotated[dict[Line, Overrides], NotEmpty] | None = None
    grid: Annotated[dict[str, Annotated[list[Any], NotEmpty]], NotEmpty]
    figure: Figure | None = None
    summary: Summary | None = None
    published: Published | None = None

    @property
    def columns(self) -> list[str]:
        """Columns of the table that identify a row."""
        return [*(["variant"] if self.variants else []), *self.grid]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        variants = self.variants or {}
        changes = {f"variants.{name}": given for name, given in variants.items()}
        for where, names in {"shared": self.shared, **changes}.items():
            for name in names:
                require(where, name, name not in self.grid, "names not in the grid")
        if self.summary and not variants:
            raise ValueError("a summary has a row per variant; none is given")
        for name in self.published.values if self.published else ():
            require("published.values", name, name in variants, *variants)
        return self

    @model_validator(mode="after")
    def _check_figure(self) -> Self:
        if self.figure is None:
            return self
        x, lines, baseline = self.figure.x, self.figure.lines, self.figure.baseline
        known = (None, *self.columns, *PARAMETERS)
        is_known = x in known or re.match(METRIC, str(x)) is not None
        require("figure.x", str(x), is_known, *self.columns, "a metric: test.elbo")
        require("figure.lines", str(lines), lines in known, *self.columns)
        if baseline == "published":
            known = self.published and self.figure.metrics == [self.published.metric]
            expected = "the key `published` here, and its metric alone"
            require("figure.baseline", "published", bool(known), expected)
        values = [f"{name}: {v}" for name in self.grid for v in self.grid[name]]
        for name, value in baseline.items() if isinstance(baseline, dict) else ():
            exists = value in self.grid.get(name, [])
            require("figure.baseline", f"{name}: {value}", exists, *values)
        return self


def require(where: str, received: str, condition: bool, *allowed: str) -> None:
    """Raise ValueError, with the allowed values, unless a condition holds."""
    if not condition:
        raise ValueError(f"{where}: received {received}; allowed: {', '.join(allowed)}")


def study_names(folder: Path) -> list[str]:
    """Return the names of all studies in a folder."""
    return sorted(path.stem for path in folder.glob("*.yaml") if path.stem != "dvc")


def read_study(path: Path) -> Study:
    """Read the file of a study. Raises PipelineError with a line per mistake."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return Study.model_validate(content)
    except FileNotFoundError:
        known = ", ".join(study_names(path.parent))
        raise PipelineError(f"{path}: no such study; expected: {known}") from None
    except ValidationError as error:
        lines = [f"{path}: {explain_study(detail)}" for detail in error.errors()]
        raise PipelineError("\n".join(lines)) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise PipelineError(f"{path}: not YAML: {one_line(error)}") from None


def explain_study(detail: Any) -> str:
    """Return a validation error as a line: name, received, allowed."""
    if detail["type"] != "extra_forbidden":
        return explain(detail)
    sections = {"figure": Figure, "summary": Summary, "published": Published}
    inner = [sections[part] for part in detail["loc"][:-1] if part in sections]
    allowed = ", ".join((inner or [Study])[-1].model_fields)
    return f"{'.'.join(map(str, detail['loc']))}: unknown; allowed here: {allowed}"
