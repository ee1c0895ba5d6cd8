"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields

_KNOWN = frozenset({"routing_key", "url", "timeout_s", "webhook_secret"})
_KEY_CHARS = 32
_URL = "https://events.pagerduty.com/v2/enqueue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one PagerDuty service; `routing_key` is kept out of repr and errors.

    `webhook_secret` is read by the server, not here: what comes from PagerDuty is signed with it.
    """

    routing_key: str = field(repr=False)
    url: str = _URL
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("pagerduty", settings, _KNOWN)
        do = "copy it from the service's Events API v2 integration"
        key = fields.secret("routing_key", do)
        if len(key) != _KEY_CHARS:
            raise fields.bad(f"routing_key has not {_KEY_CHARS} characters", do)
        return cls(routing_key=key, url=fields.address(_URL), timeout_s=fields.timeout_s())
