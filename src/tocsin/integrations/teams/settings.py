"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields

_KNOWN = frozenset({"url", "timeout_s"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one workflow; its address is a secret and stays out of repr and errors."""

    url: str = field(repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("teams", settings, _KNOWN)
        return cls(url=fields.address(), timeout_s=fields.timeout_s())
