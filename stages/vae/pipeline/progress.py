"""Progress of a stage, as a bar on a terminal."""

from tqdm import tqdm

BAR = "{desc} {n_fmt}/{total_fmt} {bar:16} {remaining} left{postfix}"


def progress_bar(title: str, total: int, *, initial: int = 0) -> tqdm:
    """Return a progress bar; `bar.disable` is true if there is no terminal.

    The clock starts at the count `initial`.
    """
    return tqdm(desc=title, total=total, initial=initial, bar_format=BAR, disable=None)
