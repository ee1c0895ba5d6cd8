"""The errors every room may raise; each class says what the caller can do about it.

    TocsinError
    ├── BadInput     the caller's data or configuration is wrong; fix it, retrying will not help
    ├── NotFound     no such thing; check the name
    ├── Conflict     the state moved on; read it again and decide anew
    ├── Forbidden    the caller lacks the scope for this
    └── Unavailable  we cannot do it now and nothing was changed; retry later

HTTP codes and exit codes are chosen in `web` and `cli`, never here.
"""


class TocsinError(Exception):
    """Root of every error this package raises on purpose."""


class BadInput(TocsinError):  # noqa: N818 - named for the fault, not for the machinery
    """Wrong data or configuration: what is wrong, where, and what to do.

    >>> str(BadInput("unknown key 'slcies'", where="tocsin.yaml:7", do="did you mean 'slices'?"))
    "tocsin.yaml:7: unknown key 'slcies'; did you mean 'slices'?"
    """

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        """Join the three facts into one message and keep each for JSON answers."""
        self.what, self.where, self.do = what, where, do
        super().__init__(
            (f"{where}: " if where else "") + what + (f"; {do}" if do else ""),
        )


class NotFound(TocsinError):  # noqa: N818
    """Nothing has this name or id."""


class Conflict(TocsinError):  # noqa: N818
    """The thing is no longer in the state the caller saw."""


class Forbidden(TocsinError):  # noqa: N818
    """The caller is known but may not do this."""


class Unavailable(TocsinError):  # noqa: N818
    """A resource we need (disk, database) refused; nothing was changed; retry later."""
