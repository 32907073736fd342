"""Every reader on bytes that nobody foresaw: a clear error or a right result.

Nothing else may leave a reader, and nothing may take gigabytes: a call that asks for
more than `ROOM` fails, and no reader may pass that failure off as damage.
"""

import gzip
import hashlib
import io
import json
import pickle
import re
import resource
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import evaluate
import render
from conftest import TINY
from safetensors.numpy import save
from test_download import pickle_splits
from vae.arrays import read_arrays, write_arrays
from vae.checkpoint import State, load_state, save_state
from vae.errors import PipelineError
from vae.data.idx import format_idx, parse_idx
from vae.data.mnist import ArrayUnpickler, unpack_pickle
from vae.model import VAE
from vae.params import Params, read_params
from vae.data.sources import SourceError, read_capped

# No deadline: no test depends on time. The same examples in every run.
fuzz = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # each example overwrites the same files
        HealthCheck.too_slow,
    ],
)

# Hypothesis would rather not print the trees of long scalars.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

MIB = 2**20
ROOM = 256 * MIB  # the real files take less than that, the largest array 47 MB
HUGE = [0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1]


@contextmanager
def little_memory():
    """Let the process grow by `ROOM` and no further: then MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def outcome(error_type, read, *args, **kwargs):
    """What a reader returns, or its clear error: one of `error_type`, of one line."""
    try:
        with little_memory():
            return read(*args, **kwargs)
    except error_type as error:
        assert str(error).strip() and len(str(error).splitlines()) == 1, error
        # A reader that catches everything must not pass its hunger off as damage.
        assert not re.search("MemoryError|Unable to allocate", str(error)), error
        return error


def mutations(content):
    """`content` with bytes changed, cut out or put in, or cut short."""
    places = st.integers(0, len(content))
    edits = st.tuples(places, st.integers(0, 8), st.binary(max_size=8))

    def apply(edits):
        changed = bytearray(content)
        for place, length, new in edits:
            changed[place : place + length] = new
        return bytes(changed)

    edited = st.lists(edits, min_size=1, max_size=4).map(apply)
    return edited | places.map(lambda length: content[:length])


def flips(content):
    """`content` with one bit flipped."""
    number = int.from_bytes(content)
    bits = st.integers(0, 8 * len(content) - 1)
    return bits.map(lambda bit: (number ^ 1 << bit).to_bytes(len(content)))


def test_the_limit_on_memory_holds():
    with little_memory(), pytest.raises(MemoryError):
        np.empty(2 * ROOM, np.uint8)
    np.empty(2 * ROOM, np.uint8)


# IDX files

IDX = format_idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
headers = st.lists(st.sampled_from(HUGE), min_size=1, max_size=3).map(
    lambda shape: bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
)
idx_contents = (
    st.binary(max_size=64)
    | mutations(IDX)
    | st.tuples(headers, st.binary(max_size=8)).map(b"".join)
)


@fuzz
@given(idx_contents)
@example(bytes([0, 0, 8, 3]) + b"\xff" * 12)
@example(bytes([0, 0, 8, 3]) + bytes(4) + b"\xff" * 8)
@example(bytes([0, 0, 8, 3]) + b"\xff" * 8 + bytes(4))
def test_idx_is_refused_or_is_what_the_bytes_say(content):
    result = outcome(ValueError, parse_idx, content)
    if not isinstance(result, ValueError):
        assert format_idx(result) == content


@fuzz
@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=9)))
def test_idx_gives_back_any_array(array):
    np.testing.assert_array_equal(parse_idx(format_idx(array)), array, strict=True)


# Arrays between stages

ARRAYS = {
    "images": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    "loc": np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2),
    "image_shape": np.array([3, 4]),
}


def saved(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def deflated_zeros(size):
    """`size` MiB of zeros, raw deflate, without compressing all of them."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * size + packer.flush()


class Print:
    def __reduce__(self):
        return print, ("a pickle was executed",)


def read_npz(path, content):
    path.write_bytes(content)
    return outcome(PipelineError, read_arrays, path, made_by="train")


@fuzz
@given(st.binary(max_size=64) | mutations(saved(**ARRAYS)))
@example(b"PK\5\6" + bytes(18))
def test_npz_is_refused_or_holds_arrays(tmp_path, content):
    path = tmp_path / "a.npz"
    result = read_npz(path, content)
    if isinstance(result, PipelineError):
        assert str(result).startswith(f"{path}: damaged (")
        assert str(result).endswith("; make it with: dvc repro train")
    else:
        assert not any(np.asarray(array).dtype.hasobject for array in result.values())


@fuzz
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        arrays(
            st.sampled_from([np.uint8, np.float32, np.int64, np.bool_]),
            array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
        ),
    ),
    st.booleans(),
)
def test_npz_gives_back_any_arrays(tmp_path, expected, by_columns):
    if by_columns:
        expected = {name: np.asfortranarray(a) for name, a in expected.items()}
    write_arrays(tmp_path / "a.npz", expected)
    received = read_arrays(tmp_path / "a.npz", made_by="train")
    assert list(received) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, strict=True)


@pytest.mark.parametrize(
    "content", [saved(a=np.array([Print()], object)), pickle.dumps(Print())]
)
def test_npz_executes_no_pickle(tmp_path, capfd, content):
    assert isinstance(read_npz(tmp_path / "a.npz", content), PipelineError)
    assert capfd.readouterr().out == ""


def npy_header(text, version=1):
    header = text if isinstance(text, bytes) else text.encode()
    length = struct.pack({1: "<H", 2: "<I", 3: "<I"}[version], len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header


def archive(*contents, compression=zipfile.ZIP_STORED):
    """An .npz file of arrays a0, a1, ... of any content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for i, content in enumerate(contents):
            file.writestr(f"a{i}.npy", content)
    return stream.getvalue()


def claiming(shape, dtype="'<f4'", data=b"", **kwargs):
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}}}\n"
    return archive(npy_header(header, **kwargs) + data)


def overlapping(count):
    """One array of 1 MiB which the directory names `count` times."""
    array = npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (1048576,)}")
    content = archive(array + bytes(MIB))
    start, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[start:end]
    size = len(entry) * count
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, 0)
    return content[:start] + entry * count + tail


def deflated_archive(size):
    """An array of `size` MiB, deflated to a thousandth."""
    array = npy_header(
        f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size * MIB},)}}"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("a0.npy", "w") as member:
            member.write(array)
            for _ in range(size):
                member.write(bytes(MIB))
    return stream.getvalue()


shapes = st.lists(
    st.sampled_from([0, 1, 2, -1, -(2**31), 2**31, 2**32, 2**62, 2**63, 10**30])
    | st.sampled_from([1.0, "a", None, True, (1,)]),
    max_size=4,
).map(tuple)
dtypes = st.sampled_from(
    ["'<f4'", "'|u1'", "'<U1'", "'|O'", "'V0'", "'<U500000000'", "'(9,9)f8'", "'M8'"]
    + ["[('a', '<f4', (2, 2))]", "[('a', '|O')]", "{}", "1", "None", "'x'", "'|S0'"]
)


@fuzz
@given(st.builds(claiming, shapes, dtypes, st.binary(max_size=40)))
@example(claiming((2**29,), data=bytes(16)))
@example(claiming((1,), dtype="'<U500000000'", data=bytes(16)))
@example(claiming((2**32, 2**32)))
@example(claiming((-1, -4), data=bytes(16)))
@example(claiming("[" * 500))
@example(claiming("9" * 5000))
@example(archive(b"", b""))
def test_npz_with_any_header_is_refused_or_holds_arrays(tmp_path, content):
    result = read_npz(tmp_path / "a.npz", content)
    if not isinstance(result, PipelineError):
        assert all(isinstance(array, np.ndarray) for array in result.values())
        assert sum(array.nbytes for array in result.values()) <= len(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (deflated_archive(300), "compressed"),
        (archive(b"content", compression=zipfile.ZIP_BZIP2), "compressed"),
        (overlapping(400), "arrays larger than the file"),
        (claiming((2**40,)), "an array larger than the file"),
        (claiming((2, 3), data=bytes(23)), "EOF: reading array data"),
        (claiming((2,), version=2, data=bytes(8)), "not of the .npy format 1.0"),
        (claiming((-2,), data=bytes(8)), "negative"),
        (archive(b"content that is no array"), "the magic string is not correct"),
        (claiming((1,), dtype="'|O'", data=pickle.dumps(Print())), "allow_pickle"),
    ],
)
def test_npz_that_means_harm_is_refused(tmp_path, capfd, content, reason):
    result = read_npz(tmp_path / "a.npz", content)
    assert isinstance(result, PipelineError)
    assert reason in str(result)
    assert capfd.readouterr().out == ""


# Files of a folder, and the package

GZ = gzip.compress(b"content", mtime=0)
GZ_BOMB = GZ[:10] + deflated_zeros(2000) + bytes(8)


@fuzz
@given(st.binary(max_size=64) | mutations(GZ) | st.binary().map(GZ[:10].__add__))
@example(GZ_BOMB)
def test_gz_is_refused_or_cut_beyond_the_size(tmp_path, content):
    (tmp_path / "file.gz").write_bytes(content)
    result = outcome(SourceError, read_capped, tmp_path / "file", 7)
    if isinstance(result, SourceError):
        assert str(result).startswith(f"{tmp_path / 'file.gz'}: ")
    else:
        assert len(result) <= 8


def test_a_gz_that_unpacks_to_gigabytes_is_cut(tmp_path):
    (tmp_path / "file.gz").write_bytes(GZ_BOMB)
    assert outcome(SourceError, read_capped, tmp_path / "file", MIB) == bytes(MIB + 1)


@pytest.fixture(scope="module")
def pickled(tmp_path_factory):
    path = tmp_path_factory.mktemp("pickle") / "a.pkl.gz"
    pickle_splits(path)
    return gzip.decompress(path.read_bytes())


@settings(fuzz, max_examples=300)
@given(st.data())
def test_pickle_is_refused_or_four_files(pickled, data):
    # Opcodes and lengths stand in the first bytes and around each array's pixels.
    edges = [i for i, byte in enumerate(pickled) if byte in b"cqRX(K"]
    changed = bytearray(pickled)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, 250) | st.sampled_from(edges))
        changed[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.binary(max_size=3)
        )
    try:
        with little_memory():
            files = unpack_pickle(gzip.compress(bytes(changed), compresslevel=0))
    except SourceError as error:
        # The one reader whose bytes are known: no cap on what a pickle asks for.
        assert str(error).startswith("mnist/data/mnist.pkl.gz: damaged (")
        assert len(str(error).splitlines()) == 1
    else:
        assert [parse_idx(content).ndim for content in files.values()] == [3, 1, 3, 1]


NAMES = ["os", "builtins", "numpy", "numpy.core.multiarray", "pickle", "posix"]
ATTRIBUTES = ["system", "eval", "ndarray", "dtype", "_reconstruct", "loads", "a.b"]


@fuzz
@given(st.sampled_from(NAMES), st.sampled_from(ATTRIBUTES), st.integers(0, 4))
def test_only_arrays_can_be_named_in_a_pickle(module, name, protocol):
    allowed = {("numpy", "ndarray"), ("numpy", "dtype")}
    allowed |= {("numpy.core.multiarray", "_reconstruct")}
    if protocol < 4:
        content = f"c{module}\n{name}\n.".encode()
    else:  # the name from the stack
        content = pickle.PROTO + b"\4"
        for text in (module, name):
            content += pickle.SHORT_BINUNICODE + bytes([len(text)]) + text.encode()
        content += pickle.STACK_GLOBAL + pickle.STOP
    if (module, name) in allowed:
        assert callable(ArrayUnpickler(io.BytesIO(content)).load())
    else:
        with pytest.raises(pickle.UnpicklingError, match="cannot be part of an array"):
            ArrayUnpickler(io.BytesIO(content)).load()


# Parameters

PARAMS = yaml.safe_dump(TINY, sort_keys=False)
odd = st.sampled_from(
    [2**31, -(2**63), 2**64, 10**30, 10**4000, 1e308, 1e-320, -0.0, "1e999", "\ud800"]
) | st.sampled_from(["learned", "1e-3", "x" * 10**4, "9" * 5000, "a\nb", b"\0", [], {}])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | odd
scalars |= st.dates() | st.datetimes() | st.binary(max_size=8)
keys = st.sampled_from([*TINY, *TINY["train"], "<<", "=", "a\nb", "\u2028"])
keys |= st.text(max_size=5) | st.integers() | st.none() | st.floats() | st.dates()
trees = st.recursive(
    scalars,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(keys, children, max_size=4)
    ),
    max_leaves=12,
)
yaml_syntax = st.lists(
    st.sampled_from(
        "model: |train: |seed: |<<: |- |[|]|{|}|, |? |: |&a |*a|!!int |!!bool |!!set |"
        "!!float |!!timestamp |!!binary |!!omap |!!pairs |!!python/name:os.system |! |"
        "%YAML 9.9\n|---\n|...\n|\n|  |\t|'|\"|# |\\|0x|0b|1:60|1e3|.nan|2001-99-99|~"
        "|\0|\r|\x85|\ufeff|x".split("|")
        + ["|\n", ">\n"]
    ),
    max_size=12,
).map("".join)


# Nothing but a tag and a scalar: what follows a syntax error is never constructed.
tagged = st.tuples(
    st.sampled_from(["", "model: ", "- "]),
    st.sampled_from(
        ["", "!!int ", "!!bool ", "!!float ", "!!timestamp ", "!!binary ", "!!null "]
    ),
    st.sampled_from(["''", "x", "0x_", "0b_", "2001-99-99", "1:60", "1:1.e9", "+"])
    | st.text("0123456789abx_.:-+", max_size=12),
).map("".join)


def read_yaml(path, text):
    """The parameters, or the error, whose every line starts with the path."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    try:
        with little_memory():
            return read_params(path)
    except PipelineError as error:
        assert str(error)
        for line in str(error).splitlines():
            assert line.startswith(f"{path}: ") and len(line) < 4000, line
        cause = error.__cause__ or error.__context__
        assert not isinstance(cause, MemoryError)
        return error


@fuzz
@given(
    st.binary(max_size=64)
    | st.text(max_size=64)
    | tagged
    | yaml_syntax
    | yaml_syntax.map(PARAMS.__add__)
    | mutations(PARAMS.encode())
)
def test_params_of_any_text(tmp_path, text):
    result = read_yaml(tmp_path / "params.yaml", text)
    if not isinstance(result, PipelineError):
        again = read_yaml(tmp_path / "again.yaml", yaml.safe_dump(result.model_dump()))
        assert again == result


def dump(tree):
    """As PyYAML writes it; but for lone surrogates, which only an escape can hold."""
    text = yaml.safe_dump(tree, allow_unicode=False)
    return text.encode("utf-8", "backslashreplace")


@fuzz
@given(trees)
def test_params_of_any_structure(tmp_path, tree):
    assert isinstance(read_yaml(tmp_path / "params.yaml", dump(tree)), PipelineError)


places = st.sampled_from(
    [(section, name) for section in TINY for name in TINY[section]]
)


@fuzz
@given(places, trees)
def test_params_with_any_value(tmp_path, place, value):
    section, name = place
    content = TINY | {section: TINY[section] | {name: value}}
    result = read_yaml(tmp_path / "params.yaml", dump(content))
    if isinstance(result, PipelineError):
        assert all(
            line.startswith(f"{tmp_path}/params.yaml: {section}.{name}")
            for line in str(result).splitlines()
        )
    else:
        received = getattr(getattr(result, section), name)
        if isinstance(received, int):
            assert received == value and 0 <= received < 2**31


def nested(line, first):
    """Eleven lines, each of nine aliases of the one above: 9^10 leaves."""
    lines = [f"a0: &a0 {first}"]
    lines += [
        f"a{i}: &a{i} " + line.replace("*", ",".join([f"*a{i - 1}"] * 9))
        for i in range(1, 11)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (nested("[*]", "[x]"), "a10: unknown"),
        (nested("[*]", "[x]") + "model: *a10\n", r"model: received \[\[\["),
        (nested("{<<: [*]}", "{x: 1}"), "not YAML: .*merge"),
        ("&a [*a]", r"the file: received \[\[\["),
        ("&a {model: *a}", "model.model: unknown"),
        ("[" * 10_000, "not YAML: "),
        ("a: " + "{a: " * 10_000, "not YAML: "),
        ("- " * 10_000, "not YAML: "),
        ("9" * 5000, "not YAML: Exceeds the limit"),
        ("0x" + "f" * 5000, "the file: received a number of thousands of digits"),
        ("1" + ":1" * 3000 + ".0", "not YAML: "),
        ("!!int ''", "not YAML: "),
        ("!!bool x", "not YAML: "),
        ("!!timestamp x", "not YAML: "),
        ("2001-99-99", "not YAML: month"),
        ("0b_", "not YAML: "),
        ('"a\\nb": 1', r"'a\\nb': unknown"),
        ('model: {"\\u2028": 1}', r"model.'\\u2028': unknown"),
        (PARAMS.replace("epochs: 2", "epochs: 2147483648"), "less than 2147483648"),
        (PARAMS.replace("capacity_epochs: 2", f"capacity_epochs: {10**40}"), "less"),
        (f"model: '{'x' * 10**6}'", "model: received 'xxx"),
    ],
)
def test_params_that_mean_harm_are_refused(tmp_path, text, message):
    result = read_yaml(tmp_path / "params.yaml", text)
    assert isinstance(result, PipelineError)
    assert re.search(message, str(result)), result


# Weights

TINY_PARAMS = Params.model_validate(TINY)
WEIGHTS = VAE(num_pixels=24, seed=1, **TINY["model"]).named_weights()
NAME = "decoder.hidden_1.bias"
STEPS = {"F64": 8, "I8": 1, "U8": 1, "BF16": 2, "F16": 2, "BOOL": 1, "I64": 8, "C64": 8}
STEPS |= {"F8_E4M3": 1, "F8_E5M2": 1, "F32": 4}


def safetensors(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


def tensor(dtype, shape, start, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def all_weights_of(dtype):
    """The model's own names and shapes, zeros of another type."""
    header, end = {}, 0
    for name, array in WEIGHTS.items():
        start, end = end, end + array.size * STEPS[dtype]
        header[name] = tensor(dtype, array.shape, start, end)
    return safetensors(header, bytes(end))


def load(content):
    path = evaluate.WEIGHTS
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    result = outcome(PipelineError, evaluate.load_model, TINY_PARAMS, 24)
    if isinstance(result, PipelineError):
        assert str(result).startswith(f"{path}: damaged (")
        assert str(result).endswith("; make it with: dvc repro train")
    return result


GOOD = save(WEIGHTS)
weight_headers = st.dictionaries(
    st.sampled_from(["__metadata__", NAME, "encoder.hidden_1.bias", "w"]),
    st.builds(
        tensor,
        st.sampled_from(["F32", "F64", "I8", "BF16", "BOOL", "F6_E2M3", "X"]),
        st.lists(
            st.sampled_from([0, 1, 5, -1, 2**31, 2**62, 2**63, 2**64]), max_size=4
        ),
        st.sampled_from([0, 4, 2**64]),
        st.sampled_from([0, 4, 20, 2**63]),
    ),
    max_size=3,
)
weight_contents = (
    st.binary(max_size=64)
    | mutations(GOOD)
    | st.builds(safetensors, weight_headers, st.sampled_from([b"", bytes(20)]))
)


# Few examples: each builds a model.
@settings(fuzz, max_examples=40)
@given(weight_contents)
@example(struct.pack("<Q", 2**64 - 1))
@example(struct.pack("<Q", 99_000_000) + b"{}")
@example(safetensors(b"[" * 200_000))
@example(safetensors({NAME: tensor("F32", [0, 2**62], 0, 0)}))
@example(safetensors({NAME: tensor("F32", [2**62, 2**62], 0, 4)}))
def test_weights_are_refused_or_are_what_the_file_says(tiny, content):
    result = load(content)
    if not isinstance(result, PipelineError):
        names = list(result.named_weights())
        assert names == list(WEIGHTS)
        assert save(result.named_weights())[-4:] == content[-4:]


@pytest.mark.parametrize("dtype", sorted(STEPS.keys() - {"F32"}))
def test_weights_of_another_type_are_refused(tiny, dtype):
    assert isinstance(load(all_weights_of(dtype)), PipelineError)


# The state of an unfinished training

ROWS = [{"epoch": 1, "train_elbo": -2.5}, {"epoch": 2, "train_elbo": -1.5}]
VARIABLES = {"0": np.ones([2, 3], np.float32), "1": np.array(7, np.int64)}


def sealed(content):
    """As `save_state` writes it: behind its SHA-256."""
    return hashlib.sha256(content).digest() + content


def state_file(progress, arrays=VARIABLES):
    """Well sealed, whatever it says."""
    text = progress if isinstance(progress, bytes) else json.dumps(progress).encode()
    return sealed(save({"progress": np.frombuffer(text, np.uint8), **arrays}))


def read_state(path, content, capsys):
    """The state, or None after one line that says why."""
    path.write_bytes(content)
    with little_memory():
        state = load_state(path, "key", VARIABLES)
    printed = capsys.readouterr().out
    if state is None:
        problems = {"damaged", "of another configuration"}
        assert printed in {f"{path}: {p}; training starts anew\n" for p in problems}
    else:
        assert printed == ""
    return state


def good_state(tmp_path):
    save_state(tmp_path / "good", "key", State(ROWS, VARIABLES))
    return (tmp_path / "good").read_bytes()


@fuzz
@given(st.data())
def test_a_damaged_state_is_noticed(tmp_path, capsys, data):
    good = good_state(tmp_path)
    content = data.draw(st.binary(max_size=64) | mutations(good) | flips(good))
    state = read_state(tmp_path / "train", content, capsys)
    assert (state is not None) == (content == good)


def assert_usable(state):
    """What training goes on with can be taken up, and written in the end."""
    for name, array in VARIABLES.items():
        assert state.arrays[name].shape == array.shape
        assert state.arrays[name].dtype == array.dtype
    assert isinstance(state.history, list)
    pd.DataFrame(state.history).to_csv(float_format="%.4f").encode()


@fuzz
@given(st.data())
def test_a_state_sealed_after_damage_is_refused_or_usable(tmp_path, capsys, data):
    inner = good_state(tmp_path)[32:]
    content = data.draw(
        mutations(inner)
        | st.builds(safetensors, weight_headers, st.sampled_from([b"", bytes(20)]))
    )
    state = read_state(tmp_path / "train", sealed(content), capsys)
    if state is not None:
        assert_usable(state)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["epoch", "key", "\ud800"]) | st.text(max_size=3),
            children,
            max_size=3,
        )
    ),
    max_leaves=8,
)
rows = st.lists(
    st.fixed_dictionaries(
        {"epoch": st.sampled_from([1, 2]) | json_trees}, optional={"x": json_trees}
    ),
    max_size=3,
)


@fuzz
@given(
    json_trees
    | st.fixed_dictionaries({"key": st.just("key"), "history": rows | json_trees})
)
@example({"key": "key", "history": [{"epoch": 1, "\ud800": 1.0}]})
@example({"key": "key", "history": [{"epoch": 1}, {"epoch": 2, "x": 1.0}]})
def test_a_state_of_any_progress_is_refused_or_usable(tmp_path, capsys, progress):
    state = read_state(tmp_path / "train", state_file(progress), capsys)
    if state is not None:
        assert_usable(state)
        assert state.history == progress["history"]


PROGRESS = {"key": "key", "history": ROWS}


@pytest.mark.parametrize(
    "content",
    [
        state_file(b"[" * 200_000),
        state_file(b"\xff"),
        state_file(PROGRESS | {"history": 7}),
        state_file(PROGRESS | {"history": {}}),
        state_file(PROGRESS | {"history": [{"epoch": 2, "train_elbo": -1.5}]}),
        state_file(PROGRESS | {"history": [{"epoch": 1, "train_elbo": "-1.5"}]}),
        state_file({"history": ROWS}),
        state_file(PROGRESS, {}),
        state_file(PROGRESS, {"0": VARIABLES["0"]}),
        state_file(PROGRESS, VARIABLES | {"0": np.ones([3, 2], np.float32)}),
        state_file(PROGRESS, VARIABLES | {"0": np.ones([2, 3])}),
        state_file(PROGRESS, VARIABLES | {"2": np.ones([2, 3])}),
        sealed(save(VARIABLES)),
        sealed(b""),
        sealed(struct.pack("<Q", 2**64 - 1)),
        sealed(safetensors({"progress": tensor("F32", [2**62, 2**62], 0, 4)})),
        sealed(safetensors({"progress": tensor("BF16", [2], 0, 4)}, bytes(4))),
    ],
    ids=lambda content: f"{len(content)} bytes",
)
def test_a_state_that_means_harm_is_noticed(tmp_path, capsys, content):
    assert read_state(tmp_path / "train", state_file(PROGRESS), capsys) is not None
    assert read_state(tmp_path / "train", content, capsys) is None


def test_a_state_of_gigabytes_is_noticed(tmp_path, capsys):
    path = tmp_path / "train"
    with path.open("wb") as file:
        file.truncate(4 * ROOM)  # takes no place on the disk
    with little_memory():
        assert load_state(path, "key", VARIABLES) is None
    assert "damaged; training starts anew" in capsys.readouterr().out


# The learning curve

HISTORY = "epoch,train_elbo\n1,-2.5000\n2,-1.5000\n"
tables = st.lists(
    st.lists(
        st.sampled_from(["", "1", "-2.5", "nan", "1e999", "x", "epoch", "1j", "#", '"'])
        | st.text("0123456789.,;\r\x1c\0\xa0 ", max_size=3),
        max_size=3,
    ).map(",".join),
    max_size=4,
).map(lambda rows: "".join(f"{row}\n" for row in rows))


@fuzz
@given(
    st.binary(max_size=64)
    | st.text(max_size=64).map(str.encode)
    | tables.map(str.encode)
    | mutations(HISTORY.encode())
)
@example(b"\n\n")
@example(b"epoch,rate\n1,2\n3\n")
def test_history_is_refused_or_columns_of_numbers(tiny, content):
    render.HISTORY.write_bytes(content)
    result = outcome(PipelineError, render.read_history)
    if isinstance(result, PipelineError):
        assert str(result).startswith("results/history.csv: damaged (")
    else:
        assert len({column.shape for column in result.values()}) == 1
        assert {column.dtype for column in result.values()} == {np.dtype(float)}
