"""The form of `heartbeat:`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from tocsin.base.errors import BadInput
from tocsin.config.strict import Duration, Strict


class HeartbeatForm(Strict):
    """An address outside that is called while all is well, so that it notices when it is not."""

    url: str = Field(
        repr=False,
        description="What is called; `${NAME}` is replaced from the environment. Never logged.",
    )
    every: Duration = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=1),
        description="How often; let the other side wait for three of them before it alarms.",
    )
    method: Literal["GET", "POST"] = Field(default="POST", description="How it is called.")


def filled(
    form: HeartbeatForm | None, environment: Mapping[str, str] | None, where: str
) -> HeartbeatForm | None:
    """Return the form with `${NAME}` replaced; None as the environment leaves it as it stands.

    Raises:
        BadInput: a variable is not set, or the address is none; without the address.
    """
    if form is None or environment is None:
        return form

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise BadInput(
                f"environment variable {match[1]} is not set",
                where=where,
                do=f"set {match[1]} and retry",
            )
        return environment[match[1]]

    url = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", value, form.url)
    if not re.match(r"https?://[^/\s]", url):
        raise BadInput(
            "the address does not begin with http:// or https://",
            where=where,
            do="copy it whole from the service that expects the calls",
        )
    return form.model_copy(update={"url": url})
