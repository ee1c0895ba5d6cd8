"""What an operator must supply."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset(
    {"url", "model", "alias", "version_tag", "token", "username", "password", "timeout_s"}
)
_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one alias.

    `version_tag` is the tag of a registered version that holds the system's own version; empty:
    the system's versions are the registry's numbers.
    """

    url: str
    model: str
    alias: str = "champion"
    version_tag: str = ""
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, Setting]) -> "Settings":
        """Return the settings that the configuration says.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("mlflow", settings, _KNOWN)
        token, user = fields.text("token"), fields.text("username")
        if token and user:
            raise fields.bad("token and username are both set", "keep the one the server takes")
        authorization, secrets = "", list[str]()
        if token:
            authorization = f"Bearer {fields.secret('token', '')}"
            secrets = [token]
        elif user:
            password = fields.secret("password", "set it, or leave username out")
            packed = b64encode(f"{user}:{password}".encode()).decode()
            authorization, secrets = f"Basic {packed}", [password, packed]
        alias, tag = fields.text("alias") or "champion", fields.text("version_tag")
        for name, value in (("alias", alias), ("version_tag", tag)):
            if value and not _NAME.fullmatch(value):
                raise fields.bad(
                    f"{name} holds a sign that MLflow does not take", "write letters, digits, . - _"
                )
        return cls(
            url=fields.address(secure=bool(authorization)).rstrip("/"),
            model=fields.needed("model", "name the registered model"),
            alias=alias,
            version_tag=tag,
            authorization=authorization,
            secrets=tuple(secrets),
            timeout_s=fields.timeout_s(),
        )
