# `make` rebuilds the results, and `make test` runs the tests. Both set up .venv first.
# `make test-all` adds long tests: killed processes, studies, exact bits.
PYTHON ?= python3

# More than two processes would save little time and take much memory. Files are
# distributed in the order of tests/conftest.py.
PYTEST = .venv/bin/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Commands of stages call `python`, which must be that of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: repro test test-all lint study verify verify-studies record emulate bench bench-growth bench-quality lock

# DVC does not run if it was killed while it wrote a lock; clones.py repairs the lock.
repro: .venv/ready
	@said=$$(git rev-parse 2>&1) || { echo "error: DVC needs a Git repository (to create one: git init); Git says:" $$said >&2; exit 1; }
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

# Rebuilds everything in a clone of the current commit. If outputs differ, prints their
# differences and a table of differences of the metrics.
verify: .venv/ready
	rm -rf .state/verify
	git clone --quiet . .state/verify
	cd .state/verify && dvc repro --force && \
		{ git diff --exit-code HEAD -- dvc.lock results/ || { python tools/compare.py HEAD; exit 1; }; }
	@echo "all outputs equal the committed ones"

# Runs a study and writes its table: make study NAME=seeds.
study: .venv/ready
	.venv/bin/python studies/run.py $(NAME)

# Computes two rows of each study's table again.
verify-studies: .venv/ready
	.venv/bin/python studies/run.py --verify

# Records the bits for the long tests, after an intended change of results.
# `make emulate` runs all configurations.
record: .venv/ready
	OMP_NUM_THREADS=1 taskset --cpu-list 0 \
		.venv/bin/python checks/bits.py default odd single learned flow >tests/checks/bits.jsonl

# Compares the bits with those of other CPUs; needs qemu-x86_64 (Debian's qemu-user).
emulate: .venv/ready
	.venv/bin/python checks/bits.py --emulate

# Compares speed, and time to the same ELBO, with other programs, and measures how cost
# grows. Takes about an hour on an otherwise idle machine.
bench: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/bench.py
	$(MAKE) bench-quality bench-growth

bench-quality: .venv/ready benchmarks/.venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/quality.py

bench-growth: .venv/ready
	.venv/bin/dvc repro preprocess
	.venv/bin/python benchmarks/growth.py

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + "; choose one with: make PYTHON=python3.11")'
	@test ! -L .venv || { echo "error: .venv is a link, whose target would be deleted; first: rm .venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@echo "Installing the packages of requirements.txt into .venv: 2.7 GB, about a minute"
	.venv/bin/python -m pip install --require-hashes --requirement requirements.txt
	@touch $@

# Adds the packages for tests, lint and hooks.
.venv/ready-dev: .venv/ready requirements-dev.txt
	.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

# PyTorch is not in the lock: with hashes, pip could not choose a build for CPUs. The
# default build is several GB larger.
benchmarks/.venv/ready: benchmarks/requirements.txt
	$(PYTHON) -m venv --clear benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --require-hashes --requirement benchmarks/requirements.txt
	benchmarks/.venv/bin/python -m pip install --quiet $$(grep -o 'torch==[0-9.]*' pyproject.toml)
	@touch $@

# Needs uv. Newer versions may change results: rebuild and commit them with the lock.
UV_COMPILE = uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" --upgrade
# One version per package for all systems and versions of Python, if possible.
UNIVERSAL = --universal --fork-strategy fewest

lock:
	$(UV_COMPILE) $(UNIVERSAL) pyproject.toml --group studies --output-file requirements.txt
	# Packages of requirements.txt keep their versions and are not listed again.
	$(UV_COMPILE) $(UNIVERSAL) --group dev --constraint requirements.txt \
		$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.txt | sort --unique) \
		--output-file requirements-dev.txt
	# Resolves for Windows, where PyTorch needs no CUDA; hashes are of all platforms.
	$(UV_COMPILE) --group benchmarks --python-platform windows --no-emit-package torch \
		--output-file benchmarks/requirements.txt
