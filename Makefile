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
	@git rev-parse 2>/dev/null || { echo "error: no Git repository, which DVC needs; first: git init"; exit 1; }
	@.venv/bin/python checks/clones.py
	.venv/bin/dvc repro

test: .venv/ready
	$(PYTEST) -m 'not long'

test-all: .venv/ready lint
	$(PYTEST)

lint: .venv/ready
	.venv/bin/ruff check
	.venv/bin/ruff format --check

# Rebuilds everything in a clone of the current commit, and compares each output.
verify: .venv/ready
	.venv/bin/python checks/verify.py

# A table of many runs: make study NAME=seeds.
study: .venv/ready
	.venv/bin/python studies/run.py $(NAME)

# Computes a few points of each study's table anew.
verify-studies: .venv/ready
	.venv/bin/python studies/recompute.py

# The bits that the long tests compare with, where a change is to change them: every
# likelihood and every objective; `make emulate` runs the other configurations.
record: .venv/ready
	TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 taskset --cpu-list 0 \
		.venv/bin/python checks/bits.py default odd single learned >tests/checks/bits.jsonl

# The same bits on other CPUs; needs qemu-x86_64, of Debian's package qemu-user.
emulate: .venv/ready
	.venv/bin/python checks/bits.py --emulate

# Side by side with other programs, by speed and to the same quality; then what takes the
# time of a step, what the pipeline takes around the training, and how the cost grows.
# About an hour; the machine should do nothing else.
bench: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/bench.py
	$(MAKE) bench-quality bench-pipeline bench-growth

bench-quality: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/quality.py

bench-pipeline: .venv/ready
	.venv/bin/python benchmarks/pipeline.py

bench-growth: .venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/growth.py

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; choose one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear .venv
	@echo "Installing the packages of requirements.txt into .venv: 2.7 GB, about a minute"
	.venv/bin/python -m pip install --require-hashes --requirement requirements.txt
	@touch $@

# PyTorch has no line in the lock: with hashes, pip could not take a build for CPUs
# where one is at hand. The ordinary build is several GB larger.
benchmarks/.venv/ready: benchmarks/requirements.txt
	$(PYTHON) -m venv --clear benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --require-hashes --requirement benchmarks/requirements.txt
	benchmarks/.venv/bin/python -m pip install --quiet $$(grep -o 'torch==[0-9.]*' pyproject.toml)
	@touch $@

# Needs uv. Newer versions may change results: rebuild and commit them with the lock.
lock:
	uv pip compile pyproject.toml --group studies --group test --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" --upgrade \
		--output-file requirements.txt
	# As if for Windows, where PyTorch needs no CUDA packages; hashes are of all platforms.
	uv pip compile --group benchmarks --python-platform windows --python-version 3.11 \
		--no-emit-package torch --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" --upgrade \
		--output-file benchmarks/requirements.txt
