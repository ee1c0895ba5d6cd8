"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tocsin.base.errors import BadInput

_KNOWN = frozenset({"url", "secret", "timeout_s"})
_SECRET_MIN_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one receiver; url (often a secret itself) and secret stay out of repr and errors.

    `timeout_s` bounds each of connecting, writing and waiting for the answer.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        unknown = sorted(settings.keys() - _KNOWN)
        if unknown:
            raise _bad(f"unknown setting {unknown[0]!r}", f"known are {', '.join(sorted(_KNOWN))}")
        url, secret = settings.get("url", ""), settings.get("secret", "")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _bad("url is missing or no web address", "write https://host/path")
        if len(secret) < _SECRET_MIN_CHARS:
            raise _bad(
                f"secret has fewer than {_SECRET_MIN_CHARS} characters",
                "draw a long random one and give it to the receiver",
            )
        try:
            timeout_s = float(settings.get("timeout_s", "5"))
        except ValueError:
            timeout_s = 0.0
        if not 0 < timeout_s <= 8:
            # a page's claim lasts 30 s; three waits of 8 s stay below it
            raise _bad("timeout_s is no number between 0 and 8", "write seconds, e.g. 5")
        return cls(url=url, secret=secret, timeout_s=timeout_s)


def _bad(what: str, do: str) -> BadInput:
    return BadInput(what, where="webhook", do=do)
