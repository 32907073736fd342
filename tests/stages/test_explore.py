"""What the page is made of; what it does in a browser is in `explorer/`."""

import re
from base64 import b64decode

import numpy as np

from conftest import ROOT
from explore import read_sources
from vae.explorer.assembly import assemble
from vae.explorer.packing import encode_floats


def decode_floats(text):
    packed = np.frombuffer(b64decode(text), np.uint8).reshape(-1, 3)
    return np.pad(packed, [(0, 0), (1, 0)]).view("<f4").ravel()


def test_numbers_are_rounded_to_24_bits():
    rng = np.random.default_rng(0)
    numbers = (rng.normal(size=999) * 10.0 ** rng.integers(-8, 8, 999)).astype("f4")
    received = decode_floats(encode_floats(numbers))
    np.testing.assert_allclose(received, numbers, rtol=2**-16, atol=0)
    exact = np.float32([0, -0.0, 1, -2.5])
    np.testing.assert_array_equal(decode_floats(encode_floats(exact)), exact)


def test_the_policy_forbids_requests_and_other_scripts():
    page = assemble([{}], read_sources())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    digest = r"'sha256-[\w+/]+='"
    assert re.fullmatch(
        f"default-src 'none'; script-src {digest}; worker-src blob:; "
        f"style-src {digest}; base-uri 'none'; form-action 'none'",
        policy,
    )
    (worker,) = re.findall(r'id="worker">(.*?)</script>', page, re.S)
    assert "core/" in worker and "panes/" not in worker


def test_the_committed_page_is_small():
    assert (ROOT / "results/explorer.html").stat().st_size < 4_000_000
