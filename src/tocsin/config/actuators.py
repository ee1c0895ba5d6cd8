"""The form of `actuators:`, and the check that each names a system that is declared."""

import re
from collections.abc import Mapping

from pydantic import Field

from tocsin.base.errors import BadInput
from tocsin.config.source import Source
from tocsin.config.strict import Name, Strict
from tocsin.contain.directive import Action

Setting = str | tuple[str, ...] | dict[str, str]


class ActuatorForm(Strict):
    """What carries out directives where neither guard nor gateway stands; see `docs/actuators.md`.

    Secrets are read from the environment by `${NAME}`.
    """

    kind: Name = Field(
        description="`mlflow`, `kserve`, `seldon`, `flagd`, `launchdarkly`, `webhook`, `shell`, or"
        " an installed integration."
    )
    system: Name = Field(description="Whose directives it carries out.")
    actions: tuple[Action, ...] | None = Field(
        default=None, description="Which of them; default: all that the kind can."
    )
    settings: dict[str, Setting] = Field(
        default_factory=dict[str, Setting],
        repr=False,
        description="The integration's own settings (see [actuators](actuators.md)); `${NAME}` is"
        " replaced from the environment.",
    )


def actuators(
    forms: Mapping[str, ActuatorForm],
    systems: Mapping[str, object],
    source: Source,
    environment: Mapping[str, str] | None,
) -> dict[str, ActuatorForm]:
    """Return the forms with `${NAME}` replaced; None as the environment leaves them as they are.

    Raises:
        BadInput: one is for a system that is not declared, or a variable is not set.
    """
    for name, form in forms.items():
        if form.system not in systems:
            raise source.undeclared(("actuators", name, "system"), "system", form.system, systems)
    if environment is None:
        return dict(forms)
    return {
        name: form.model_copy(
            update={
                "settings": {
                    key: _filled(value, environment, f"{source.where}: actuators.{name}")
                    for key, value in form.settings.items()
                }
            }
        )
        for name, form in forms.items()
    }


def _filled(value: Setting, environment: Mapping[str, str], where: str) -> Setting:
    def text(one: str) -> str:
        return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", known, one)

    def known(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise BadInput(
                f"environment variable {match[1]} is not set",
                where=where,
                do=f"set {match[1]} and retry",
            )
        return environment[match[1]]

    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(text(one) for one in value)
    return {key: text(one) for key, one in value.items()}
