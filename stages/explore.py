"""Write a page to explore the model in a browser: one file, without a server."""

from pathlib import Path

from vae.pipeline.stage import Stage

stage = Stage("explore")
if __name__ == "__main__":
    stage.begin()  # before the imports below, whose files are inputs

import numpy as np

from vae.explorer.assembly import assemble
from vae.explorer.packing import encode_bytes, encode_floats, pack_images, pack_weights
from vae.pipeline.arrays import read_arrays
from vae.pipeline.trained import Description, read_description, read_weights

IMAGES = Path("data/images.npz")
LATENTS = Path("results/latents.npz")
PAGE = Path("results/explorer.html")
FOLDER = Path(__file__).parent / "vae/explorer"
MAX_IMAGES, MAX_PIXELS = 500, 4_000_000  # of test images in the page
MAX_TRAINING = 5000  # images to train on in the page; fewer if they are gray or large
CREDITS = {
    "MNIST": "Data: MNIST by Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0.",
    "Fashion-MNIST": "Data: Fashion-MNIST by H. Xiao, K. Rasul and R. Vollgraf, MIT.",
}


def read_sources() -> dict[str, str]:
    """Read the source files of the page, by their paths in its folder."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for pattern in ("*.css", "*.html", "*/*.js")
        for path in FOLDER.glob(pattern)
    }


def describe(trained: Description) -> str:
    """Describe the model in one line."""
    model = trained.model
    widths = [trained.num_pixels, *model["hidden_units"], model["latent_dim"]]
    likelihood = model["likelihood"].replace("_", " ")
    return (
        f"Trained on {trained.dataset}: {'-'.join(map(str, widths))}, "
        f"{model['activation']}, {likelihood} likelihood."
    )


def read_page(folder: Path = Path()) -> dict[str, object]:
    """Read the results of a project; return the data of their page, by name."""
    images = read_arrays(folder / IMAGES, made_by="preprocess")
    trained, weights = read_description(folder), read_weights(folder)
    trained.check_data(images)
    latents = read_arrays(folder / LATENTS, made_by="evaluate")
    return page_data(weights, images, latents, trained)


def page_data(
    weights: dict[str, np.ndarray],
    images: dict[str, np.ndarray],
    latents: dict[str, np.ndarray],
    trained: Description,
) -> dict[str, object]:
    """Return the data of the page of one model, by name."""
    rate = latents["rate_by_dimension"]
    shown = np.sort(np.argsort(-rate, kind="stable")[:2])
    num_images = min(MAX_IMAGES, MAX_PIXELS // trained.num_pixels)
    test_images = images["test_images"][:num_images]
    bits = 1 if trained.binary else 8  # per pixel
    num_training = min(MAX_TRAINING, 2 * MAX_PIXELS // (trained.num_pixels * bits))
    return {
        "about": describe(trained),
        "credits": f"Code: MIT license. {CREDITS.get(trained.dataset, '')}".strip(),
        "description": trained._asdict(),
        "is_ink": trained.is_ink,
        "rate_by_dimension": rate.tolist(),
        "prior": {n: encode_floats(latents[f"prior_{n}"]) for n in ("loc", "scale")},
        "points": encode_floats(latents["loc"][:, shown]),
        "point_labels": encode_bytes(latents["label"]),
        "images": pack_images(test_images, binary=trained.binary),
        "labels": images["test_labels"][:num_images].tolist(),
        "training_images": pack_images(
            images["train_images"][:num_training], binary=trained.binary
        ),
        "training_labels": encode_bytes(images["train_labels"][:num_training]),
        "weights": pack_weights(weights),
        "factors": factors(images, latents, num_images),
    }


def factors(
    images: dict[str, np.ndarray], latents: dict[str, np.ndarray], num_images: int
) -> dict[str, object] | None:
    """Return the true factors of the test images, if they are known.

    Returns:
        `names` [factors] and `values` [images, factors]; and for each latent dimension
        the name of the factor about which it has the most information, `informed_of`,
        and that `information` in nats, both [latent].
    """
    if "factor_information" not in latents:
        return None
    information = latents["factor_information"]
    return {
        "names": images["factor_names"].tolist(),
        "values": images["test_factors"][:num_images].tolist(),
        "informed_of": latents["factor_names"][information.argmax(axis=1)].tolist(),
        "information": information.max(axis=1).tolist(),
    }


def main() -> None:
    page = assemble([read_page()], read_sources())
    stage.write({PAGE: page.encode()})
    print(f"{PAGE}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
