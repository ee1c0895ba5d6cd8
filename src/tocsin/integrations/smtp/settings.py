"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.base.errors import BadInput

_KNOWN = frozenset({"host", "port", "from", "security", "username", "password", "timeout_s"})
_TIMEOUT_MAX_S = 25
_PORTS = {"none": 25, "starttls": 587, "tls": 465}


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    """Begin in the clear, then encrypt or give up; never send on in the clear."""
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one mail server; `password` is kept out of repr and errors.

    `timeout_s` bounds the whole conversation.
    """

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 15.0

    @classmethod
    def parse(cls, settings: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.

        >>> Settings.parse({"host": "mail.example.org", "from": "tocsin@example.org"}).port
        587
        """
        unknown = sorted(settings.keys() - _KNOWN)
        if unknown:
            raise _bad(f"unknown setting {unknown[0]!r}", f"known are {', '.join(sorted(_KNOWN))}")
        for name in ("host", "from"):
            if not settings.get(name):
                raise _bad(f"{name} is missing", f"set {name}")
        sender = settings["from"]
        if "@" not in sender or any(sign.isspace() for sign in sender):
            raise _bad(f"from {sender!r} is no mail address", "write name@example.org")
        security = settings.get("security", Security.STARTTLS)
        if security not in _PORTS:
            raise _bad(f"security {security!r} is unknown", "write starttls, tls or none")
        username, password = settings.get("username"), settings.get("password")
        if (username is None) != (password is None):
            raise _bad("username and password go together", "set both or neither")
        if username is not None and security == Security.NONE:
            raise _bad("a password would travel in the clear", "set security to starttls or tls")
        timeout_s = _number("timeout_s", settings.get("timeout_s", "15"))
        if timeout_s > _TIMEOUT_MAX_S:
            raise _bad(
                f"timeout_s is longer than {_TIMEOUT_MAX_S} s",
                f"write {_TIMEOUT_MAX_S} or less: who takes longer counts as away",
            )
        return cls(
            host=settings["host"],
            port=int(_number("port", settings.get("port", str(_PORTS[security])))),
            sender=sender,
            security=Security(security),
            username=username,
            password=password,
            timeout_s=timeout_s,
        )


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 65536:
        raise _bad(f"{name} {text!r} is no positive number", "write digits")
    return value


def _bad(what: str, do: str) -> BadInput:
    return BadInput(what, where="smtp", do=do)
