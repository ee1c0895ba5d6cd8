"""What the file says of command, as the room's noun: the escalation matrix."""

from collections.abc import Iterator
from datetime import timedelta

from tocsin.config.matrix import CommandForm, JoinForm, LeadForm, LevelForm
from tocsin.config.oncall import Path, check_told, step_of
from tocsin.config.schema import ConfigForm
from tocsin.config.source import Source
from tocsin.incident.command import JOINS, NEEDS, Again, Ask, Command, When
from tocsin.incident.incident import Role, Severity
from tocsin.incident.severity import Harm
from tocsin.ingest.system import Risk
from tocsin.oncall.policy import Step
from tocsin.oncall.roster import Roster


def command(form: ConfigForm, known: Roster, source: Source) -> Command:
    """Return the escalation matrix that `form` declares, else the built-in one.

    Raises:
        BadInput: a name that nothing declares, or an entry that names nobody.
    """
    matrix = form.command or CommandForm()
    asks: list[Ask] = []
    for severity in Severity:
        level: LevelForm = getattr(matrix, severity.name)
        asks += _level(level, severity, form, known, source)
    if matrix.joins is None:
        asks += JOINS
    for i, join in enumerate(matrix.joins or ()):
        asks.append(_join(join, ("command", "joins", i), form, source))
    used = {name for ask in asks for step in ask.steps for name in step.schedules}
    return Command(
        asks=tuple(asks),
        again=Again(after=matrix.again.after, times=matrix.again.times),
        people=tuple(known.people.values()),
        schedules=tuple(one for name, one in known.schedules.items() if name in used),
    )


def _level(
    form: LevelForm, severity: Severity, config: ConfigForm, known: Roster, source: Source
) -> Iterator[Ask]:
    path: Path = ("command", severity.name)
    if form.lead is not None:
        steps = _leading(form.lead, (*path, "lead"), config, known, source)
        yield Ask(role=Role.COMMANDER, when=When(severity=severity, only=True), steps=steps)
    for i, tell in enumerate(form.tell):
        check_told(tell.notify, (*path, "tell", i, "notify"), config, source)
        step = step_of(tell.after or timedelta(0), tell.notify)
        yield Ask(when=When(severity=severity), steps=(step,))
    if form.roles is None:
        yield from (ask for ask in NEEDS if ask.when.severity == severity)
    else:
        yield from (Ask(role=Role(role), when=When(severity=severity)) for role in form.roles)


def _leading(
    form: LeadForm, path: Path, config: ConfigForm, known: Roster, source: Source
) -> tuple[Step, ...]:
    if form.policy is None:
        check_told([form], path[:-1], config, source)
        return (step_of(timedelta(0), [form]),)
    if form.person or form.schedule or form.channel or form.address:
        what = f"policy {form.policy!r} and something else in one entry"
        raise source.error(path, what, "name the policy alone")
    if form.policy not in known.policies:
        raise source.undeclared((*path, "policy"), "policy", form.policy, known.policies)
    return known.policies[form.policy].steps


def _join(form: JoinForm, path: Path, config: ConfigForm, source: Source) -> Ask:
    if form.role is None and not form.notify:
        raise source.error(path, "a join with neither role nor notify", "say who joins, or as what")
    check_told(form.notify, (*path, "notify"), config, source)
    step = step_of(form.after or timedelta(0), form.notify)
    return Ask(
        role=Role(form.role) if form.role else None,
        when=When(
            severity=Severity[form.severity],
            risks=tuple(map(Risk, form.risk)),
            harms=tuple(map(Harm, form.harm)),
            protected=form.protected,
        ),
        steps=(step,) if form.notify else (),
    )
