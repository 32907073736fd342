"""Regions of the latent plane that hold a share of a distribution's mass."""

import numpy as np

DEVIATIONS = (1, 2, 3)  # standard deviations at which Gaussians are outlined
# Mass of a 2-D Gaussian within these.
SHARES = [1 - np.exp(-0.5 * r**2) for r in DEVIATIONS]
PERCENTAGES = ", ".join(f"{share:.0%}" for share in SHARES)


def region_levels(density: np.ndarray) -> list[float]:
    """Return the densities at the edges of the regions with the SHARES, decreasing.

    The density is given on a grid of equal cells, in any unit.
    """
    values = np.sort(density.ravel())[::-1]
    held = np.cumsum(values) / values.sum()
    return [float(values[np.searchsorted(held, share)]) for share in SHARES]
