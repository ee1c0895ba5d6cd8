"""Forms of who is told: contacts, schedules, escalation policies."""

from datetime import date, time, timedelta
from typing import Literal

from pydantic import Field

from tocsin.config.strict import Duration, Every, Strict, TimeOfDay, Weekday


class ContactForm(Strict):
    """One way to reach one person; each of a person's is on a channel of its own."""

    channel: str = Field(description="A notifier declared under `notifiers`.")
    address: str = Field(default="", description="Where on that channel, e.g. a mail address.")


class HoursForm(Strict):
    """Times at which a layer applies, on the clock on the wall."""

    start: TimeOfDay = Field(default=time(0), description="From when, e.g. `22:00`.")
    end: TimeOfDay = Field(
        default=time(0), description="Until when; at or before `start`: on the next day."
    )
    days: tuple[Weekday, ...] = Field(
        default=(), description="Weekdays on which the hours begin; empty: every day."
    )


class LayerForm(Strict):
    """One rotation: its participants follow one another."""

    participants: tuple[str, ...] = Field(
        min_length=1, description="Names under `people`, in the order of their turns."
    )
    every: Every = Field(
        default=timedelta(weeks=1),
        description="How long a turn lasts: `daily`, `weekly`, or hours, days or weeks, e.g. `12h`;"
        " counted on the clock on the wall.",
    )
    start: date = Field(description="Day on which the first turn begins, at `hand_off`.")
    hand_off: TimeOfDay = Field(
        default=time(9), description="When one hands over to the next, e.g. `09:00`."
    )
    weekday: Weekday | None = Field(
        default=None, description="On which day, if turns last weeks; default: that of `start`."
    )
    time_zone: str | None = Field(default=None, description="Default: the schedule's.")
    hours: tuple[HoursForm, ...] = Field(
        default=(), description="Restricts the layer to these hours; empty: always."
    )


class ScheduleForm(Strict):
    """Who is on call when."""

    time_zone: str = Field(description="IANA name, e.g. `Europe/Berlin`.")
    layers: tuple[LayerForm, ...] = Field(
        min_length=1, description="In order: a later one wins where it has somebody."
    )


class NotifyForm(Strict):
    """Who is told: a `schedule`, a `person` under `people`, or a `person` by one contact."""

    person: str | None = Field(
        default=None, min_length=1, description="A person or a team; alone: one under `people`."
    )
    schedule: str | None = Field(
        default=None, description="Whoever is on call in it when the step is due; alone."
    )
    channel: str | None = Field(
        default=None, description="A notifier declared under `notifiers`, for one contact."
    )
    address: str = Field(default="", description="Where on that channel, e.g. a mail address.")


class StepForm(Strict):
    """One rung of the ladder."""

    after: Duration | Literal[0] = Field(
        default=0, description="How long after the incident opened, unacknowledged, e.g. `5m`."
    )
    notify: tuple[NotifyForm, ...] = Field(min_length=1, description="Who is told.")


class PolicyForm(Strict):
    """Who is told, in which order, until somebody acknowledges."""

    steps: tuple[StepForm, ...] = Field(min_length=1, description="The rungs, earliest first.")
    catch_all: tuple[NotifyForm, ...] = Field(
        min_length=1,
        description="Who is told when nobody answered, people in all their ways; told again for"
        " ever. No schedule: it could have nobody.",
    )
    repeat_every: Duration = Field(
        default=timedelta(minutes=10),
        description="How often the last step, then the catch-all, repeats.",
    )
    repeats: int = Field(default=3, ge=0, le=20, description="Repeats of the last step.")
    acknowledge_expires: Duration | None = Field(
        default=timedelta(minutes=30),
        description="After how long without a note, plan or assignment the acknowledgement of a"
        " SEV1 ends and people are called again; null: never.",
    )
