"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset({"url", "secret", "timeout_s", "versions"})
_SECRET_MIN_CHARS = 16
_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one receiver; url (often a secret itself) and secret stay out of repr and errors.

    `timeout_s` bounds each of connecting, writing and waiting for the answer.  `versions`: whether
    the receiver, as an actuator, obeys the `of_version` of a directive.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    timeout_s: float = 5.0
    versions: bool = False

    @classmethod
    def parse(cls, settings: Mapping[str, Setting]) -> "Settings":
        """Return the settings that the configuration's texts say.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("webhook", settings, _KNOWN)
        # in the clear as well: the body is signed and holds no secret of ours
        url, secret = fields.address(secure=False), fields.exact("secret")
        if len(secret) < _SECRET_MIN_CHARS:
            raise fields.bad(
                f"secret has fewer than {_SECRET_MIN_CHARS} characters",
                "draw a long random one and give it to the receiver",
            )
        versions = fields.text("versions").lower() or "no"
        if versions not in _ANSWERS:
            raise fields.bad(f"versions is {versions!r}", "write yes or no")
        return cls(
            url=url, secret=secret, timeout_s=fields.timeout_s(), versions=_ANSWERS[versions]
        )
