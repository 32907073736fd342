"""Run a study: a table with a row for each point of a grid of parameters.

    python studies/run.py seeds                        the study of studies/seeds.yaml
    python studies/run.py 'model.latent_dim=2,5' 'train.seed=1,2' --output my.csv
    python studies/run.py seeds --scheduler tcp://host:8786
    python studies/run.py --verify                     two rows of every table, anew
    python studies/run.py seeds --verify --only train.seed=1 --cached

A point is one ordinary `dvc repro evaluate` of the committed code. DVC's cache serves
what was computed before, and a study that was stopped goes on where it was. Points are
tasks of Dask: on this machine, or on all those whose workers a scheduler knows.
Exit status 1 if a run fails, or does not come out as it did before.
"""

import sys

if __name__ == "__main__":
    try:
        from commands import main  # takes two seconds, and finds `vae`
        from vae.pipeline.stage import report_error

        sys.excepthook = report_error
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it was")
