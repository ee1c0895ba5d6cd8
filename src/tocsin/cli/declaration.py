"""One system as `tocsin.yaml` declares it, for commands that need no server."""

from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.ingest.system import System


def declaration(config: Path, name: str) -> "System":
    """Return the system called `name` in the configuration file.

    Raises:
        BadInput: the file cannot be read or used, or declares no such system.
    """
    from tocsin.config.load import load  # noqa: PLC0415 - heavy

    try:
        text = config.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        do = "give --config, or write one with `tocsin init`"
        raise BadInput("cannot be read", where=str(config), do=do) from None
    systems = load(text, str(config), read=beside(config)).systems
    if name not in systems:
        known = ", ".join(sorted(systems))
        raise BadInput(f"no system is called {name!r}", where=str(config), do=f"there is {known}")
    return systems[name]


def beside(config: Path) -> "Callable[[str], str]":
    """Return what reads a file that a configuration file names, relative to itself."""

    def read(name: str) -> str:
        return (config.parent / name).read_text("utf-8")

    return read
