"""What an operator must supply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.contain.directive import TO_VERSION, Action
from tocsin.integrations.http import Fields, Setting

_KNOWN = frozenset({"read", "write", "values", "env", "timeout_s"})
_ALWAYS = ("PATH", "LANG")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one pair of commands; the environment may hold secrets."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    values: Mapping[Action, str]
    """What the setting is under each action; {version}, {percent} and {threshold} are filled in."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = 5.0

    @classmethod
    def parse(cls, settings: Mapping[str, Setting], environment: Mapping[str, str]) -> "Settings":
        """Return the settings that the configuration says.

        Args:
            settings: as written.
            environment: the server's own; what `env` names is passed on.

        Raises:
            BadInput: one is missing, unknown or wrong.
        """
        fields = Fields("shell", settings, _KNOWN)
        commands = {name: fields.words(name) for name in ("read", "write")}
        for name, words in commands.items():
            if not words or not words[0].startswith("/") or any("\0" in word for word in words):
                raise fields.bad(
                    f"{name} is missing or does not begin with a program's full path",
                    f"write {name}: [/usr/local/bin/program, argument]",
                )
        values = fields.pairs("values")
        known = sorted(action.value for action in Action)
        if not values or not values.keys() <= set(known):
            raise fields.bad(
                "values is missing or names something that is no action",
                f"write {{ACTION: value}} with some of {', '.join(known)}",
            )
        for action in sorted(TO_VERSION & {Action(name) for name in values}):
            if "{version}" not in values[action]:
                raise fields.bad(
                    f"values.{action.value} does not say which version",
                    "write {version} where the version stands in the value",
                )
        passed = fields.words("env")
        missing = [name for name in passed if name not in environment]
        if missing:
            raise fields.bad(
                f"environment variable {missing[0]} is not set", f"set {missing[0]} and retry"
            )
        return cls(
            read=commands["read"],
            write=commands["write"],
            values={Action(name): value for name, value in values.items()},
            environment={
                name: environment[name] for name in (*_ALWAYS, *passed) if name in environment
            },
            secrets=tuple(environment[name] for name in passed),
            timeout_s=fields.timeout_s(),
        )
