"""What an operator must supply."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.contain.directive import Action
from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset({"url", "project", "environment", "flag", "token", "off_when", "timeout_s"})
_URL = "https://app.launchdarkly.com"
_KEY = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one flag in one environment."""

    project: str
    environment: str
    flag: str
    off_when: frozenset[Action]
    token: str = field(repr=False)
    url: str = _URL
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, Setting]) -> "Settings":
        """Return the settings that the configuration says.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("launchdarkly", settings, _KNOWN)
        keys = {
            name: fields.needed(name, "write its key")
            for name in ("project", "environment", "flag")
        }
        for name, key in keys.items():
            if not _KEY.fullmatch(key):
                raise fields.bad(f"{name} is no key of LaunchDarkly", "write its key, not its name")
        known = sorted(action.value for action in Action)
        off = fields.words("off_when")
        if not off or not set(off) <= set(known):
            raise fields.bad(
                "off_when is missing or names something that is no action",
                f"write a list of some of {', '.join(known)}",
            )
        return cls(
            **keys,
            off_when=frozenset(Action(name) for name in off),
            token=fields.secret("token", "make an access token that may write this flag"),
            url=fields.address(_URL).rstrip("/"),
            timeout_s=fields.timeout_s(),
        )
