"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields

_KNOWN = frozenset({"url", "token", "timeout_s"})
_API = "https://slack.com/api/chat.postMessage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one webhook (no token) or one app; both are kept out of repr and errors."""

    url: str = field(default=_API, repr=False)
    token: str = field(default="", repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("slack", settings, _KNOWN)
        token = ""
        if fields.text("token"):
            token = fields.secret("token", "copy the app's bot token, xoxb-...")
        elif not fields.text("url"):
            raise fields.bad(
                "neither url nor token is set", "set url of a webhook, or token of an app"
            )
        url = fields.address(_API if token else "")
        return cls(url=url, token=token, timeout_s=fields.timeout_s())
