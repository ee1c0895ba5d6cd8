"""`tocsin actuators`: what carries out directives outside, tried without changing anything."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tocsin.base.errors import NotFound
from tocsin.base.slices import parse
from tocsin.cli.remote import columns
from tocsin.cli.wiring import wiring_of
from tocsin.contain.act import Outlet, Outlets
from tocsin.contain.conflict import fits
from tocsin.contain.directive import Action, Directive
from tocsin.contain.explain import whom
from tocsin.contain.plan import Step

actuators = typer.Typer(
    help="List what carries out directives outside, and try it without changing anything.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path, typer.Option(help="Configuration file.")]
_HERE = Path("tocsin.yaml")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@actuators.command("list")
def list_(context: typer.Context, config: Config = _HERE) -> None:
    """List the actuators of a configuration: for which system, what they can do, and where."""
    with wiring_of(context).open_outlets(config) as outlets:
        lines = [_line(outlet) for outlet in outlets.values()]
    print(columns(lines) if lines else "no actuators; declare them under `actuators:`")


@actuators.command("try")
def try_(  # noqa: PLR0917 - one parameter per option
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name under `actuators:`.")],
    action: Annotated[
        Action | None, typer.Option(help="What to carry out; default: only read.")
    ] = None,
    of_version: Annotated[
        str | None, typer.Option(help="Only decisions that this version would make.")
    ] = None,
    to_version: Annotated[str | None, typer.Option(help="Version of a rollback, canary.")] = None,
    share: Annotated[float | None, typer.Option(help="Share of a canary, 0-1.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Score from which it is a yes.")] = None,
    slice_: Annotated[
        str, typer.Option("--slice", help="For whom, e.g. region=north; default: everyone.")
    ] = "",
    config: Config = _HERE,
) -> None:
    """Read the setting now, and say what an action would make of it; nothing is changed.

    Exit 1 if the actuator does not serve such an action.
    """
    with wiring_of(context).open_outlets(config) as outlets:
        outlet = _named(outlets, name)
        now = outlet.actuator.read()
        print(f"now        {outlet.actuator.shows(now)}")
        if action is None:
            return
        step = Step(
            action=action,
            slice=parse(slice_),
            of_version=of_version,
            for_=timedelta(hours=1),
            to_version=to_version,
            share=share,
            threshold=threshold,
        )
        fits(step, f"tocsin actuators try {name}")
        if not outlet.serves(step):
            print(f"not done   {name} does not carry out {action.value} for {whom(step)}")
            raise typer.Exit(1)
        wanted = outlet.actuator.aim(now, [_directive(outlet, step)])
        print(f"would be   {outlet.actuator.shows(wanted)}")
        print(f"because    {outlet.says(step)}")
        print("nothing was changed")


def _named(outlets: Outlets, name: str) -> Outlet:
    if name not in outlets:
        known = ", ".join(outlets) or "none"
        raise NotFound(f"no actuator is called {name!r}; declared are {known}")
    return outlets[name]


def _line(outlet: Outlet) -> tuple[str, ...]:
    def served(everyone: bool) -> list[str]:
        can = (a for a in Action if outlet.actions is None or a in outlet.actions)
        return [a.value for a in can if outlet.actuator.serves(a, everyone=everyone)]

    sliced = "any slice" if served(everyone=False) else "everyone"
    does = ", ".join(served(everyone=True))
    return (outlet.name, outlet.kind, outlet.system, f"{does} for {sliced}", outlet.actuator.target)


def _directive(outlet: Outlet, step: Step) -> Directive:
    """Return what a plan of this step would put in force; its times do not matter to a trial."""
    return Directive(
        id="dir_trial",
        system=outlet.system,
        action=step.action,
        slice=step.slice,
        of_version=step.of_version,
        to_version=step.to_version,
        share=step.share,
        threshold=step.threshold,
        created_at=_EPOCH,
        expires_at=_EPOCH + step.for_,
    )
