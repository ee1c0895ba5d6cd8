"""What an operator must supply."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields

_KNOWN = frozenset({"url", "timeout_s"})
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one service; its address holds its keys and stays out of repr and errors.

    `timeout_s` bounds the whole call.
    """

    url: str = field(repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("apprise", settings, _KNOWN)
        url = fields.text("url")
        if not _ADDRESS.fullmatch(url):
            raise fields.bad("url is missing or no address", "write service://..., as Apprise does")
        return cls(url=url, timeout_s=fields.timeout_s())
