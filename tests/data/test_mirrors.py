"""The web as a source, against a local server."""

import gzip
import signal
import socket

import pooch
import pytest

from local_server import (
    FILES,
    FIRST,
    PACKED,
    Mirror,
    hang_up,
    reply,
    temporary_files_in,
)
from vae.data import mirrors
from vae.data.mirrors import fetch_mirror
from vae.data.sources import SourceError

# What a mirror has: the .gz of each file.
PACKED_BY_NAME = {file.name: PACKED[f"/{file.name}.gz"] for file in FILES}
TOO_LONG = f"more than the expected {FILES[0].gz_size} bytes"


@pytest.fixture(autouse=True)
def no_file_is_left(tmp_path):
    with temporary_files_in(tmp_path / "temporary"):
        yield


@pytest.fixture
def mirror():
    with Mirror() as server:
        yield server


@pytest.fixture
def waits(monkeypatch):
    """Seconds between tries, which are recorded and not waited."""
    seconds = []
    monkeypatch.setattr("pooch.core.time.sleep", seconds.append)
    return seconds


def endless(handler):
    """Far more than any file's bytes, with no length given."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(bytes(2**16))


def silent(handler):
    """No answer while the test lasts."""
    handler.server.over.wait(10)


def stalled(handler):
    """The beginning of the file, and nothing more while the test lasts."""
    reply(PACKED[FIRST][:9], length=FILES[0].gz_size)(handler)
    handler.server.over.wait(10)


def test_pooch_is_silent(mirror, caplog):
    logger = pooch.get_logger()  # no child of the root logger, so caplog must join it
    logger.addHandler(caplog.handler)
    assert fetch_mirror(mirror.url, FILES) == PACKED_BY_NAME
    logger.removeHandler(caplog.handler)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 404), "HTTP status 404, expected 200"),
        (reply(b"", 403), "HTTP status 403, expected 200"),
        (reply(PACKED[FIRST], 206), "HTTP status 206, expected 200"),
        (reply(PACKED[FIRST] + b"x"), TOO_LONG),
        (endless, TOO_LONG),
        (
            reply(gzip.compress(bytes(2**24), mtime=0), Content_Encoding="gzip"),
            TOO_LONG,
        ),
        (hang_up, "Remote end closed connection without response"),
    ],
)
def test_no_second_try_where_none_can_help(mirror, waits, answer, reason):
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError) as error:
        fetch_mirror(mirror.url, FILES)
    assert str(error.value) == f"{FIRST[1:]}: {reason}"
    assert mirror.asked == [FIRST]
    assert waits == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"", 500), "HTTP status 500, expected 200"),
        (reply(b"x" * FILES[0].gz_size), "SHA256 .* expected .* but got"),
        (reply(PACKED[FIRST][:9], length=FILES[0].gz_size), "IncompleteRead.*9 bytes"),
        (silent, "timed out"),
        (stalled, "timed out"),
    ],
)
def test_what_may_pass_is_tried_again(mirror, waits, answer, reason):
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError, match=f"^{FIRST[1:]}: .*{reason}"):
        fetch_mirror(mirror.url, FILES, timeout=(4, 0.1), retries=2)
    assert mirror.asked == [FIRST] * 3
    assert waits == [1, 2]


def dripping(handler):
    """A byte now and then, each in time, and never the whole."""
    reply(PACKED[FIRST][:1], length=FILES[0].gz_size)(handler)
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"x")


def dripping_head(handler):
    """Likewise, before the head of the answer has ended."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b"x")


@pytest.mark.parametrize("answer", [dripping, dripping_head])
def test_what_comes_too_slowly_is_given_up(mirror, waits, monkeypatch, answer):
    monkeypatch.setattr(mirrors, "START", 0.2)
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError, match=f"^{FIRST[1:]}: given up after 0 seconds$"):
        fetch_mirror(mirror.url, FILES)
    assert mirror.asked == [FIRST]
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_second_try_succeeds(mirror, waits):
    mirror.answers[FIRST].insert(0, reply(b"", 500))
    assert fetch_mirror(mirror.url, FILES) == PACKED_BY_NAME
    assert waits == [1]


def test_redirect_is_refused(mirror, waits):
    with Mirror() as elsewhere:
        mirror.answers[FIRST] = [reply(b"", 302, Location=elsewhere.url + FIRST[1:])]
        with pytest.raises(SourceError, match="HTTP status 302, expected 200"):
            fetch_mirror(mirror.url, FILES)
    assert elsewhere.asked == []


def test_host_that_refuses_is_asked_once(waits):
    with socket.socket() as deaf:  # bound, so that no one else listens there
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match="Connection refused"):
            fetch_mirror(f"http://127.0.0.1:{deaf.getsockname()[1]}/", FILES)
    assert waits == []


def test_host_without_a_name_is_asked_once(monkeypatch, waits):
    lookups = []

    def unknown(host, *args):
        lookups.append(host)
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(SourceError, match="Name or service not known"):
        fetch_mirror("https://mirror.invalid/", FILES)
    assert lookups == ["mirror.invalid"]
    assert waits == []
