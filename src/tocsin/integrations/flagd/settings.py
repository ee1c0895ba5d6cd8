"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.contain.directive import TO_VERSION, Action
from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset({"file", "flag", "variants"})
_CAN = frozenset(action for action in Action if action.decides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one flag; `variants` names the variant of each action that is served."""

    file: Path
    flag: str
    variants: Mapping[Action, str]
    """`{version}` stands for the version that a rollback or a canary names."""

    @classmethod
    def parse(cls, settings: Mapping[str, Setting]) -> "Settings":
        """Return the settings that the configuration says.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("flagd", settings, _KNOWN)
        variants = fields.pairs("variants")
        known = sorted(action.value for action in _CAN)
        if not variants or not variants.keys() <= set(known):
            raise fields.bad(
                "variants is missing or names something that is no action",
                f"write {{ACTION: variant}} with some of {', '.join(known)}",
            )
        for action in sorted(TO_VERSION & {Action(name) for name in variants}):
            if "{version}" not in variants[action]:
                raise fields.bad(
                    f"variants.{action.value} does not say which version",
                    "write {version} where the version stands in the variant's name",
                )
        return cls(
            file=Path(fields.needed("file", "name the flag file")).absolute(),
            flag=fields.needed("flag", "name the flag's key"),
            variants={Action(name): variant for name, variant in variants.items()},
        )
