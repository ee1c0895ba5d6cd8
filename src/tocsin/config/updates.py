"""The forms of stakeholder updates and of the war room, and the nouns they become."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from tocsin.base.errors import BadInput
from tocsin.config.people import NotifyForm
from tocsin.config.source import Source
from tocsin.config.strict import Duration, Strict
from tocsin.incident import warroom
from tocsin.incident.incident import Severity
from tocsin.incident.update import Audience, Telling, Voice
from tocsin.oncall.person import Contact, Person

SeverityName = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Path = tuple[int | str, ...]
CALLING = frozenset({"pagerduty", "opsgenie"})
"""Kinds of notifier that open an incident of their own; they cannot only tell."""


def _usual() -> dict[SeverityName, timedelta]:
    return {"SEV1": timedelta(minutes=30), "SEV2": timedelta(hours=2)}


class AudienceForm(Strict):
    """People who are told how an incident goes, without being called to it."""

    voice: Literal["technical", "executive"] = Field(
        default="technical",
        description="`technical`: status, causes, containment; `executive`: money and people, when"
        " it will be over, what prevents it next time.",
    )
    notify: tuple[NotifyForm, ...] = Field(
        min_length=1, description="Who is told: people and contacts, no schedules."
    )
    every: dict[SeverityName, Duration] = Field(
        default_factory=_usual,
        description="How often an update is owed at each severity; left out: SEV1 every 30m, SEV2"
        " every 2h. A severity that is not named owes none.",
    )
    systems: tuple[str, ...] = Field(
        default=(), description="Whose incidents they hear of; empty: of every system."
    )


def telling(
    forms: Mapping[str, AudienceForm],
    war_room: str | None,
    source: Source,
    *,
    people: Mapping[str, Person],
    kinds: Mapping[str, str],
    systems: Collection[str],
) -> Telling:
    """Return what stands under `updates:` and `war_room:`.

    Args:
        forms: the audiences by name.
        war_room: the template of war-room links.
        source: the file, to name lines in complaints.
        people: those under `people:`.
        kinds: the kind of each channel.
        systems: the systems declared.

    Raises:
        BadInput: a name that nothing declares, a schedule, a channel that cannot only tell, or a
            template that makes no address.
    """
    return Telling(
        audiences=_audiences(forms, source, people, kinds, systems),
        people=people,
        war_room=_war_room(war_room, source),
    )


def _audiences(
    forms: Mapping[str, AudienceForm],
    source: Source,
    people: Mapping[str, Person],
    kinds: Mapping[str, str],
    systems: Collection[str],
) -> tuple[Audience, ...]:
    found: list[Audience] = []
    for name, form in forms.items():
        path: Path = ("updates", name)
        for k, system in enumerate(form.systems):
            if system not in systems:
                raise source.undeclared((*path, "systems", k), "system", system, systems)
        told = [
            _contact(one, (*path, "notify", i), source, people, kinds)
            for i, one in enumerate(form.notify)
        ]
        ways = {(one.person, one.channel, one.address) for one in told}
        if len(ways) < len(told):
            what = f"audience {name!r} names one contact twice"
            raise source.error((*path, "notify"), what, "leave one out")
        found.append(
            Audience(
                name=name,
                voice=Voice(form.voice),
                contacts=tuple(told),
                every={Severity[severity]: every for severity, every in form.every.items()},
                systems=form.systems,
            )
        )
    return tuple(found)


def _war_room(template: str | None, source: Source) -> str:
    if template is None:
        return ""
    try:
        warroom.check(template)
    except BadInput as error:
        raise source.error(("war_room",), error.what, error.do) from None
    return template


def _contact(
    form: NotifyForm,
    path: Path,
    source: Source,
    people: Mapping[str, Person],
    kinds: Mapping[str, str],
) -> Contact:
    if form.schedule is not None or form.person is None:
        what = "updates go to people and contacts, not to schedules"
        raise source.error(path, what, "write `person: NAME`")
    if form.channel is None:
        if form.person not in people:
            raise source.undeclared((*path, "person"), "person", form.person, people)
        for way in people[form.person].contacts:
            if kinds.get(way.channel) not in CALLING:
                return way
        what = f"every contact of {form.person!r} opens an incident, none can only tell"
        raise source.error((*path, "person"), what, "give them an e-mail address or a chat")
    if form.channel not in kinds:
        raise source.undeclared((*path, "channel"), "channel", form.channel, kinds)
    if kinds[form.channel] in CALLING:
        what = f"channel {form.channel!r} opens an incident and cannot only tell"
        raise source.error((*path, "channel"), what, "choose e-mail, a chat or a webhook")
    return Contact(form.person, form.channel, form.address)
