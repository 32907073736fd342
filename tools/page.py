"""Write one page with several models, chosen above its plane.

    python tools/page.py HEAD brash-doge -o models.html

The models are those of commits, of experiments or of the files here (`workspace`).
Weights, images and latents must be in DVC's cache.
"""

import tempfile
from pathlib import Path

from command import Parser, run  # before packages

# isort: split
from compare import HERE, LATENTS, open_files
from explore import IMAGES, read_page, read_sources
from vae.explorer.assembly import assemble
from vae.pipeline.errors import PipelineError
from vae.pipeline.files import write_files
from vae.pipeline.trained import DESCRIPTION, WEIGHTS


def read_model(name: str) -> dict[str, object]:
    """Return the data of the page of one result, with its name."""
    files = open_files(name)
    with tempfile.TemporaryDirectory() as folder:
        for path in map(Path, (IMAGES, LATENTS, DESCRIPTION, WEIGHTS)):
            copy = Path(folder, path)
            copy.parent.mkdir(exist_ok=True)
            try:
                copy.write_bytes(files.read_bytes(str(path)))
            except FileNotFoundError:
                problem = f"DVC's cache lacks its {path}; try: dvc pull"
                raise PipelineError(f"{name}: {problem}") from None
        return read_page(Path(folder)) | {"name": name}


def main() -> None:
    parser = Parser(description="Write one page with several models.")
    parser.add_argument("models", nargs="+", help=f"commits, experiments or {HERE}")
    parser.add_argument("-o", "--output", type=Path, default=Path("models.html"))
    options = parser.parse_args()
    page = assemble([*map(read_model, options.models)], read_sources())
    write_files({options.output: page.encode()})
    print(f"{options.output}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
