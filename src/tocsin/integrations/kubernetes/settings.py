"""What an operator must supply."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.alert.ports import DeliveryError, Reason
from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset({"url", "namespace", "name", "token", "token_file", "ca_file", "timeout_s"})
_LABEL = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_IN_CLUSTER = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one object in a cluster; `token_file` is read at each call, since it rotates."""

    kind: str
    url: str
    namespace: str
    name: str
    token: str = field(default="", repr=False)
    token_file: str = ""
    ca_file: str = ""
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_s: float = 5.0

    @classmethod
    def parse(
        cls, kind: str, settings: Mapping[str, Setting], more: Sequence[str] = ()
    ) -> "Settings":
        """Return the settings that the configuration says.

        Args:
            kind: what errors call it.
            settings: as written.
            more: names of settings of this kind alone.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields(kind, settings, {*_KNOWN, *more})
        names = {
            name: fields.needed(name, "name it as kubectl does") for name in ("namespace", "name")
        }
        for name, value in names.items():
            if not _LABEL.fullmatch(value):
                raise fields.bad(f"{name} is no name of Kubernetes", "write small letters, 0-9, -")
        token, file = fields.text("token"), fields.text("token_file")
        if bool(token) == bool(file):
            raise fields.bad("neither or both of token and token_file are set", "set one of them")
        if token:
            fields.secret("token", "")
        return cls(
            kind=kind,
            url=fields.address(_IN_CLUSTER).rstrip("/"),
            token=token,
            token_file=file,
            ca_file=fields.text("ca_file"),
            more={name: fields.text(name) for name in more},
            timeout_s=fields.timeout_s(),
            **names,
        )

    def bearer(self) -> str:
        """Return the token to show now.

        Raises:
            DeliveryError: its file cannot be read.
        """
        if not self.token_file:
            return self.token
        try:
            token = Path(self.token_file).read_text("ascii").strip()
        except (OSError, ValueError):
            token = ""
        if not token.isprintable() or not token or " " in token:
            raise DeliveryError(
                f"{self.kind} cannot read a token from token_file",
                retryable=True,  # it is being replaced, perhaps
                reason=Reason.CONFIGURATION,
            )
        return token
