"""Export encoder and decoder as Keras or ONNX files, with a model card.

    python tools/export.py --format keras --output exported

This writes `encoder.keras`, `decoder.keras` and `README.md`, after a comparison of both
networks with the NumPy model. ONNX needs more packages: pip install .[onnx]
"""

import argparse
import importlib.util
import json
import tempfile
from pathlib import Path

from command import Parser, run  # before packages

# isort: split
import pandas as pd

from model_card import OUTPUTS, model_card
from vae.pipeline.errors import PipelineError, readable
from vae.pipeline.trained import read_description, read_weights

METRICS = Path("results/metrics.json")
ERRORS = Path("results/standard_errors.csv")
ONNX_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")


def read_metrics() -> tuple[dict[str, float], dict[str, float]]:
    """Return the metrics of the test images and their standard errors."""
    with readable(METRICS, made_by="evaluate"):
        metrics = json.loads(METRICS.read_text())["test"]
        table = pd.read_csv(ERRORS, index_col="metric")
    return metrics, table["test"].dropna().to_dict()


def parse_options() -> argparse.Namespace:
    """Parse the command line, and check what needs no slow import."""
    parser = Parser(description="Export the trained model.")
    add = parser.add_argument
    add("--format", choices=["keras", "onnx"], default="keras")
    add("--output", type=Path, default=Path("exported"), help="a new folder")
    options = parser.parse_args()
    if options.output.exists():
        raise PipelineError(f"{options.output}: exists; name a new folder")
    missing = [n for n in ONNX_PACKAGES if importlib.util.find_spec(n) is None]
    if options.format == "onnx" and missing:
        raise PipelineError(f"no package {', '.join(missing)}; pip install '.[onnx]'")
    return options


def main() -> None:
    options = parse_options()
    output = options.output
    description, weights = read_description(), read_weights()
    if (likelihood := description.model["likelihood"]) not in OUTPUTS:
        problem = f"does not support the likelihood {likelihood}"
        raise PipelineError(f"tools/export.py {problem}")
    card = model_card(description, *read_metrics(), options.format)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent) as temporary:
            folder = Path(temporary, "exported")
            folder.mkdir()
            (folder / "README.md").write_text(card, encoding="utf-8")
            from networks import build, check, write  # takes seconds

            for name, network in build(description, weights).items():
                write(network, folder / f"{name}.{options.format}")
            difference = check(folder, options.format, description)
            folder.rename(output)
    except OSError as error:  # of libraries, often without the file's name
        problem = f"not written: {error.strerror or error}"
        raise PipelineError(f"{output}: {problem}") from None
    print(f"{output}/: within {difference:.0e} of the NumPy model")


if __name__ == "__main__":
    run(main)
