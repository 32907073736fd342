"""What `make emulate` says of bits that are equal, and of those that are not."""

import pytest

import emulate

NATIVE = {"weights": "00", "metrics": "11"}


def test_outputs_that_differ_are_named_and_change_the_digest():
    other = NATIVE | {"metrics": "12"}
    assert emulate.verdict(NATIVE, NATIVE) == "equal"
    assert emulate.verdict(other, NATIVE) == "differs: metrics"
    assert emulate.digest(other) != emulate.digest(NATIVE)


def test_a_missing_emulator_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="qemu-x86_64.* apt-get install qemu-user"):
        emulate.main()
