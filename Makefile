# `make` rebuilds the results, `make test` runs the tests; both set up .venv first.
# `make test-all` adds the long tests: kills, full disks, the bits under other conditions.
PYTHON ?= python3

# Two processes: more would need more memory than the time is worth. Files are handed
# out in the order that tests/conftest.py gives them.
PYTEST = .venv/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Stage commands call `python`; it must be the one of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test test-all lint study verify verify-studies record emulate bench bench-growth bench-quality bench-pipeline lock

# DVC, killed while it writes one of its locks, leaves half of it and refuses to run.
repro: .venv/ready
	@said=$$(git rev-parse 2>&1) || { echo "error: DVC needs a Git repository (if there is none: git init); Git says:" $$said >&2; exit 1; }
	@.venv/bin/python checks/clones.py
	.venv/bin/dvc repro

test: .venv/ready-dev
	$(PYTEST) -m 'not long'

test-all: lint
	$(PYTEST)

lint: .venv/ready-dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright

# Rebuilds everything in a clone of the current commit. Git says which outputs differ,
# then a table by how much metrics do.
verify: .venv/ready
	rm -rf .state/verify
	git clone --quiet . .state/verify
	cd .state/verify && dvc repro --force && \
		{ git diff --exit-code HEAD -- dvc.lock results/ || { python tools/compare.py HEAD; exit 1; }; }
	@echo "every output is as committed"

# A table of many runs: make study NAME=seeds.
study: .venv/ready
	.venv/bin/python studies/run.py $(NAME)

# Computes a few points of each study's table anew.
verify-studies: .venv/ready
	.venv/bin/python studies/run.py --verify

# The bits that the long tests compare with, where a change is to change them;
# `make emulate` runs all configurations.
record: .venv/ready
	TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 taskset --cpu-list 0 \
		.venv/bin/python checks/bits.py default odd single learned >tests/checks/bits.jsonl

# The same bits on other CPUs; needs qemu-x86_64, of Debian's package qemu-user.
emulate: .venv/ready
	.venv/bin/python checks/bits.py --emulate

# Side by side with other programs, by speed and to the same quality; then what the
# pipeline takes around the training, and how the cost grows. About an hour; the machine
# should do nothing else.
bench: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/bench.py
	$(MAKE) bench-quality bench-pipeline bench-growth
	.venv/bin/python benchmarks/draw.py

bench-quality: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/quality.py

bench-pipeline: .venv/ready
	PYTHONPATH=checks .venv/bin/python benchmarks/pipeline.py

bench-growth: .venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/growth.py

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; choose one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	@echo "Installing the packages of requirements.txt into .venv: 2.7 GB, about a minute"
	.venv/bin/python -m pip install --require-hashes --requirement requirements.txt
	@touch $@

# What tests, lint and hooks need beside it.
.venv/ready-dev: .venv/ready requirements-dev.txt
	.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

# PyTorch has no line in the lock: with hashes, pip could not take a build for CPUs
# where one is at hand. The ordinary build is several GB larger.
benchmarks/.venv/ready: benchmarks/requirements.txt
	$(PYTHON) -m venv --clear benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --require-hashes --requirement benchmarks/requirements.txt
	benchmarks/.venv/bin/python -m pip install --quiet $$(grep -o 'torch==[0-9.]*' pyproject.toml)
	@touch $@

# Needs uv. Newer versions may change results: rebuild and commit them with the lock.
UV_COMPILE = uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --upgrade
# One version of each package for all systems and versions of Python, where there is one.
UNIVERSAL = --universal --fork-strategy fewest

lock:
	$(UV_COMPILE) $(UNIVERSAL) pyproject.toml --group studies --output-file requirements.txt
	# What is locked already keeps its version, and is not listed twice.
	$(UV_COMPILE) $(UNIVERSAL) --group dev --constraint requirements.txt \
		$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.txt | sort --unique) \
		--output-file requirements-dev.txt
	# As if for Windows, where PyTorch needs no CUDA packages; hashes are of all platforms.
	$(UV_COMPILE) --group benchmarks --python-platform windows --no-emit-package torch \
		--output-file benchmarks/requirements.txt
