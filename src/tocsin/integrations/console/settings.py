"""What an operator may set: nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.base.errors import BadInput


@dataclass(frozen=True, slots=True)
class Settings:
    """Empty; kept so that every integration has the same four files."""

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings.

        Raises:
            BadInput: a key is given.
        """
        if settings:
            raise BadInput(
                f"unknown setting {min(settings)!r}", where="console", do="console takes none"
            )
        return cls()
