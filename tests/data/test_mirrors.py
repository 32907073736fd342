"""Web mirrors as a source, with a local server."""

import signal
from unittest.mock import Mock

import pytest

from local_server import FILES, FIRST, PACKED, Mirror, reply, temporary_files_in
from vae.data import mirrors, sources
from vae.data.mirrors import fetch_mirror
from vae.data.verification import SourceError

SIZE = FILES[0].gz_size
TOO_LONG = f"more than the expected {SIZE} bytes$"


@pytest.fixture
def mirror(tmp_path):
    """Yield a mirror; fail if a temporary file is left."""
    with temporary_files_in(tmp_path / "temporary"), Mirror() as server:
        yield server


@pytest.fixture
def waits(monkeypatch):
    """Record the seconds between tries instead of waiting."""
    seconds = []
    monkeypatch.setattr("pooch.core.time.sleep", seconds.append)
    return seconds


def endless(handler):
    """Send more bytes than any file has, without a length."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(bytes(2**16))


def stalled(handler):
    """Send the beginning of the file, then nothing until the test ends."""
    reply(PACKED[FIRST][:9], length=SIZE)(handler)
    handler.server.over.wait(10)


@pytest.mark.parametrize(
    ("answer", "reason", "tries"),
    [
        (reply(b"", 404), "HTTP status 404, expected 200$", 1),
        (reply(PACKED[FIRST], 206), "HTTP status 206, expected 200$", 1),
        (reply(b"", 302, Location="/"), "HTTP status 302, expected 200$", 1),
        (reply(PACKED[FIRST] + b"x"), TOO_LONG, 1),
        (endless, TOO_LONG, 1),
        (lambda handler: None, "Remote end closed connection without response$", 1),
        (reply(b"", 500), "HTTP status 500, expected 200$", 3),
        (reply(b"x" * SIZE), "SHA256 .* expected .* but got", 3),
        (reply(PACKED[FIRST][:9], length=SIZE), "IncompleteRead.*9 bytes", 3),
        (lambda handler: handler.server.over.wait(10), ".*timed out", 3),
        (stalled, ".*timed out", 3),
    ],
)
def test_only_temporary_errors_are_retried(
    mirror, waits, monkeypatch, answer, reason, tries
):
    monkeypatch.setattr(mirrors, "TIMEOUT", (4, 0.1))
    mirror.answers[FIRST] = [answer]
    with pytest.raises(SourceError, match=f"^{FIRST[1:]}: .*{reason}"):
        fetch_mirror(mirror.url, FILES)
    assert mirror.asked == [FIRST] * tries
    assert waits == [1, 2][: tries - 1]


def test_downloaded_bytes_are_not_decompressed(mirror):
    """Some servers declare the .gz file itself as a content encoding."""
    mirror.answers[FIRST] = [reply(PACKED[FIRST], Content_Encoding="gzip")]
    assert fetch_mirror(mirror.url, FILES)[FILES[0].name] == PACKED[FIRST]


def test_a_second_try_succeeds(mirror, waits):
    mirror.answers[FIRST].insert(0, reply(b"", 500))
    contents = fetch_mirror(mirror.url, FILES)
    assert {f"/{name}.gz": content for name, content in contents.items()} == PACKED
    assert waits == [1]


@pytest.mark.parametrize(
    "begin", [b"HTTP/1.1 200 OK\r\n\r\nx", b"HTTP/1.1 200 OK\r\nX: "]
)
def test_a_slow_download_is_stopped(mirror, waits, monkeypatch, begin):
    def drip(handler):  # each byte is in time, but never the whole file
        handler.wfile.write(begin)
        while not handler.server.over.wait(0.02):
            handler.wfile.write(b"x")

    monkeypatch.setattr(sources, "START", 0.2)
    mirror.answers[FIRST] = [drip]
    with pytest.raises(SourceError, match=f"^{FIRST[1:]}: given up after 0 seconds$"):
        fetch_mirror(mirror.url, FILES)
    assert mirror.asked == [FIRST]
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_unresolved_host_is_tried_once(monkeypatch, waits):
    lookup = Mock(side_effect=OSError(-2, "Name or service not known"))
    monkeypatch.setattr("socket.getaddrinfo", lookup)
    with pytest.raises(SourceError, match="Name or service not known"):
        fetch_mirror("https://mirror.invalid/", FILES)
    assert lookup.call_count == 1 and waits == []
