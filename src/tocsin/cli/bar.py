"""The progress bar of long commands: on a terminal, and nothing in a pipe."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def bar(doing: str, total: float) -> Generator[Callable[[float], None]]:
    """Show how far we are; yield the function that moves the bar on by so much.

    Args:
        doing: what is being done, in a word or two.
        total: how much there is to do, in any unit.
    """
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.progress import Progress  # noqa: PLC0415 - heavy

    # not the console's own word, which FORCE_COLOR turns into a terminal in any pipe
    silent = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=silent) as progress:
        task = progress.add_task(doing, total=total)
        yield lambda more: progress.advance(task, more)
