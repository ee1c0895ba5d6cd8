"""What every form of the configuration is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Strict(BaseModel):
    """Refuses keys it does not know, so that a typo is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
