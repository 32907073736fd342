"""PyTorch with `torch.compile`; in all else the eager program."""

import functools

from programs.torch_eager import make
from programs.worker import serve

if __name__ == "__main__":
    serve(functools.partial(make, compiled=True))
