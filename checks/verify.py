"""Rebuild every result in a fresh clone, and compare it with what is committed.

    python checks/verify.py

Prints a line for each output: `equal`, or `differs` with the MD5 that is committed and
the one found. If metrics differ, a table of `tools/compare.py` says by how much. Exit
status 1 if any output differs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from clones import clone, environment, file_hashes, refuse_changes

COMPARE = Path(__file__).parent.parent / "tools/compare.py"
METRICS = "results/metrics.json"


def output_hashes(folder: Path) -> dict[str, str]:
    """Return the MD5 by path of each output, as in dvc.lock where no file is there."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))
    hashes = {}
    for stage in lock["stages"].values():
        for out in stage["outs"]:
            locked = {out["path"]: out["md5"]}
            hashes |= file_hashes(folder, locked, "md5") or locked
    return hashes


def verify(repository: Path) -> bool:
    """Say whether a fresh clone computes what is committed, and print what it finds."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = clone(repository, Path(temporary, "clone"))
        committed = output_hashes(folder)
        repro = ["dvc", "repro", "--force"]
        subprocess.run(repro, cwd=folder, env=environment(), check=True)
        found = output_hashes(folder)
        for path in sorted(committed | found):
            hashes = [side.get(path, "missing") for side in (committed, found)]
            equal = hashes[0] == hashes[1]
            print(f"equal   {path}" if equal else f"differs {path}  {' '.join(hashes)}")
        sys.stdout.flush()
        if committed.get(METRICS) != found.get(METRICS):
            subprocess.run([sys.executable, COMPARE, "HEAD"], cwd=folder, check=False)
    return committed == found


def main() -> None:
    try:
        refuse_changes(Path(), "--untracked-files=no")
        sys.exit(not verify(Path().resolve()))
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd))
        sys.exit(f"error: exit status {error.returncode} of: {command}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main()
