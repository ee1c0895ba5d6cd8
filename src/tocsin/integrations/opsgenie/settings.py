"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields

_KNOWN = frozenset({"api_key", "url", "timeout_s"})
_URL = "https://api.opsgenie.com/v2/alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one API integration; `api_key` is kept out of repr and errors."""

    api_key: str = field(repr=False)
    url: str = _URL
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("opsgenie", settings, _KNOWN)
        key = fields.secret("api_key", "copy it from the team's API integration")
        return cls(api_key=key, url=fields.address(_URL), timeout_s=fields.timeout_s())
