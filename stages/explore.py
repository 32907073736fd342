"""Write a page to explore the model in a browser: one file, no network, no server."""

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("explore")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np

from vae.pipeline.arrays import OBSERVATIONS, read_arrays
from vae.pipeline.trained import Description, read_description, read_weights

IMAGES = Path("data/images.npz")
LATENTS = Path("results/latents.npz")
PAGE = Path("results/explorer.html")
SOURCES = Path(__file__).parent / "vae/explorer"

# In this order; the first two are a worker's as well, before `inference`.
SCRIPTS = (
    "network",
    "mathematics",
    "inference",
    "images",
    "view",
    "plane",
    "pad",
    "page",
)
WORKER_ONLY = ("inference",)

MAX_IMAGES = 500
MAX_WEIGHTS = 10_000_000  # more make a page that a browser hardly opens


def encode_bytes(array: np.ndarray) -> str:
    return b64encode(array.astype(np.uint8).tobytes()).decode()


def encode_floats(array: np.ndarray) -> str:
    """The upper 24 of the 32 bits of each number, rounded to the nearest."""
    words = np.ascontiguousarray(array, "<f4").reshape(-1, 1).view("<u4") + 0x80
    return encode_bytes(words.view(np.uint8)[:, 1:])


def pack_weights(weights: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Name, shape and values of each tensor, by name; none if they are too many."""
    if sum(array.size for array in weights.values()) > MAX_WEIGHTS:
        return []
    return [
        {"name": name, "shape": array.shape, "data": encode_floats(array)}
        for name, array in sorted(weights.items())
    ]


def pack_images(images: np.ndarray, *, binary: bool) -> str:
    """Pack all pixels, as bits where they are 0 or 255 alone."""
    rows = images.reshape(len(images), -1)
    return encode_bytes(np.packbits(rows > 0, axis=1) if binary else rows)


def describe(trained: Description) -> str:
    """Describe the model in a line."""
    model = trained.model
    widths = [trained.num_pixels, *model["hidden_units"], model["latent_dim"]]
    likelihood = model["likelihood"].replace("_", " ")
    return (
        f"Trained on {trained.dataset}: {'-'.join(map(str, widths))}, "
        f"{model['activation']}, {likelihood} likelihood."
    )


def gather(
    weights: dict[str, np.ndarray],
    images: dict[str, np.ndarray],
    latents: dict[str, np.ndarray],
    trained: Description,
) -> dict[str, object]:
    """All that the page shows."""
    rate = latents["rate_by_dimension"]
    shown = np.sort(np.argsort(-rate, kind="stable")[:2])
    # The page has the Gaussians that the pseudo-inputs make.
    used = {name: w for name, w in weights.items() if not name.startswith("prior.")}
    return {
        "about": describe(trained),
        "settings": trained.model,
        "binarization": trained.binarization,
        "image_shape": trained.image_shape,
        "class_names": trained.class_names,
        "rate_by_dimension": rate.tolist(),
        "prior": {
            name: encode_floats(latents[f"prior_{name}"]) for name in ("loc", "scale")
        },
        "points": encode_floats(latents["loc"][:, shown]),
        "point_labels": encode_bytes(latents["label"]),
        "binary": trained.binary,
        "images": pack_images(
            images["test_images"][:MAX_IMAGES], binary=trained.binary
        ),
        "labels": images["test_labels"][:MAX_IMAGES].tolist(),
        "num_weights": sum(array.size for array in used.values()),
        "tensors": pack_weights(used),
    }


def digest(text: str) -> str:
    """What a Content-Security-Policy allows: this very text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def assemble(data: dict[str, object], sources: dict[str, str]) -> str:
    """The page, of its data and of the files in `vae/explorer`.

    Data are never markup: a `<` in them is escaped, and the browser is told to run and
    to fetch nothing but the scripts that are named by their hashes.
    """
    scripts, tags = [], []
    for name in SCRIPTS:
        text = sources[f"{name}.js"]
        kind = ' type="text/plain"' if name in WORKER_ONLY else ""
        scripts += [] if kind else [digest(text)]
        tags.append(f'<script id="{name}.js"{kind}>{text}</script>')
    policy = (
        f"default-src 'none'; script-src {' '.join(scripts)}; worker-src blob:; "
        f"style-src {digest(sources['page.css'])}"
    )
    parts = {
        "policy": policy,
        "style": sources["page.css"],
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "scripts": "\n".join(tags),
    }
    return re.sub(r"{{(\w+)}}", lambda mark: parts[mark[1]], sources["page.html"])


def main() -> None:
    images = read_arrays(IMAGES, OBSERVATIONS, made_by="preprocess")
    trained, weights = read_description(), read_weights()
    latents = read_arrays(LATENTS, {}, made_by="evaluate")
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in SOURCES.glob("*.*")
    }
    page = assemble(gather(weights, images, latents, trained), sources)
    stage.write({PAGE: page.encode()})
    print(f"{PAGE}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
