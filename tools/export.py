"""Export encoder and decoder as Keras or ONNX files.

    python tools/export.py --format keras --output exported

This writes `encoder.keras` and `decoder.keras`, after a comparison of both networks
with the NumPy model. ONNX needs more packages: pip install .[onnx]
"""

import importlib.util
import tempfile
from pathlib import Path

from command import Parser, run  # before packages

# isort: split
from numpy_model import load_model
from vae.pipeline.errors import PipelineError
from vae.pipeline.trained import read_description, read_weights

ONNX_PACKAGES = ("tf2onnx", "onnx", "onnxruntime")


def main() -> None:
    parser = Parser(description="Export the trained model.")
    add = parser.add_argument
    add("--format", choices=["keras", "onnx"], default="keras")
    add("--output", type=Path, default=Path("exported"), help="a new folder")
    options = parser.parse_args()
    output = options.output
    if output.exists():
        raise PipelineError(f"{output}: exists; name a new folder")
    missing = [n for n in ONNX_PACKAGES if importlib.util.find_spec(n) is None]
    if options.format == "onnx" and missing:
        raise PipelineError(f"no package {', '.join(missing)}; pip install '.[onnx]'")
    model, description, weights = load_model(), read_description(), read_weights()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as temporary:
        folder = Path(temporary, "exported")
        folder.mkdir()
        from networks import build, check, write  # takes seconds

        for name, network in build(description, weights).items():
            write(network, folder / f"{name}.{options.format}")
        difference = check(folder, options.format, model, description)
        folder.rename(output)
    print(f"{output}/: within {difference:.0e} of the NumPy model")


if __name__ == "__main__":
    run(main)
