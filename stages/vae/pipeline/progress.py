"""Progress of a stage: a bar on a terminal, plain lines elsewhere."""

import shutil

from tqdm import tqdm

BAR = "{desc} {n_fmt}/{total_fmt} {bar:16} {remaining} left{postfix}"


def progress_bar(what: str, total: int, *, initial: int = 0) -> tqdm:
    """Return a bar; `bar.disable` says that there is no terminal.

    The clock starts at the count `initial`.
    """
    columns, lines = shutil.get_terminal_size()  # 80, 24 where a terminal does not say
    return tqdm(
        desc=what,
        total=total,
        initial=initial,
        bar_format=BAR,
        ncols=columns,
        nrows=lines,
        disable=None,
    )
