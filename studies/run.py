"""Run a study: a table with a row per point of a grid of parameters.

    python studies/run.py seeds                        the study of studies/seeds.yaml
    python studies/run.py 'model.latent_dim=2,5' 'train.seed=1,2' --output my.csv
    python studies/run.py seeds --scheduler tcp://host:8786
    python studies/run.py --verify                     two rows of every table again
    python studies/run.py seeds --verify --only train.seed=1 --cached
    python studies/run.py frontier --recipe fashion    here, as an experiment of DVC

A point is one `dvc repro evaluate` of the committed code. DVC's cache serves results
that were computed before, and the same command resumes an interrupted study. Points are
Dask tasks, on this machine or on all machines with workers of a scheduler. The exit
status is 1 if a run fails or differs from its earlier result.
"""

import checkout  # noqa: F401  adds `tools/` to the path
from command import run  # before packages

if __name__ == "__main__":
    from commands import main  # takes two seconds

    run(main)
