"""The draft of an update, in two voices, from what is known; a person edits and sends it.

    technical   what is wrong and since when, how far it goes, what is in force, which causes
    executive   what it means in money and people, when it will be over, what prevents it next time

Every figure comes from the records; what they do not hold is said to be not known yet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count, number
from tocsin.base.spans import describe
from tocsin.incident.incident import Incident, State
from tocsin.incident.update import Voice

NEWS_AT_MOST = 6
_PREVENTIONS_AT_MOST = 3
_SIGNIFICANT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the records hold of one incident; NaN and None where they hold nothing."""

    incident: Incident
    unit: str = "decision"
    affected: int | None = None
    """Decisions in reach of the harm; None while they are not counted."""
    errors: float = math.nan
    errors_interval: tuple[float, float] = (math.nan, math.nan)
    cost: float = math.nan
    currency: str = ""
    priced: bool = False
    """Whether the system says what a wrong decision costs."""
    remedied: int | None = None
    """Affected decisions for which something was done already; None where nobody counted."""
    causes: Sequence[str] = ()
    """Candidate causes with their probability, in words, the likeliest first."""
    in_force: Sequence[str] = ()
    """What is in force against the harm, in words."""
    ends_at: datetime | None = None
    """When the first of that runs out."""
    proposed: int = 0
    """Plans that wait for an approval."""
    recovery: str = ""
    """What the last look at the affected slice said."""
    preventions: Sequence[str] = ()
    """What was proposed or done so that it does not come back."""
    complaints: int = 0
    news: Sequence[str] = ()
    """Lines of the timeline since the last update, oldest first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Words for a person to edit."""

    voice: Voice
    subject: str
    text: str


def draft(known: Known, voice: Voice, *, number_: int, next_at: datetime | None) -> Draft:
    """Return an update in one voice.

    Args:
        known: what the records hold.
        voice: whose words.
        number_: which update it is, from 1.
        next_at: by when the next one is promised; None where no cadence says so.
    """
    incident = known.incident
    over = incident.state is State.RESOLVED
    parts = _executive(known) if voice is Voice.EXECUTIVE else _technical(known)
    end = _next(next_at, over=over)
    text = "\n\n".join(part for part in (*parts, end) if part)
    what = "last update" if over else f"update {number_}"
    return Draft(voice, f"{incident.name} {what}: {incident.title}", text)


def _executive(known: Known) -> list[str]:
    prevents = _titled("What prevents it next time", _prevention(known))
    return [
        _titled("What happened", _happened(known)),
        _titled("Impact", _prose(_people(known), _money(known))),
        _titled("When it will be over", _end(known)),
        prevents,
    ]


def _technical(known: Known) -> list[str]:
    incident = known.incident
    status = f"{incident.severity.name}, {incident.state.value}: {incident.severity_why}"
    leads = f"{incident.commander} leads." if incident.commander else "Nobody leads yet."
    causes = [f"- {cause}" for cause in known.causes]
    return [
        _titled("Status", f"{_sentence(status)} {leads}"),
        _titled("What is wrong", _happened(known)),
        _titled("Reach", _prose(_reach(known), _money(known))),
        _titled("Suspected causes", "\n".join(causes) or "Not known yet."),
        _titled("Containment", _containment(known)),
        _titled("Recovery", _sentence(known.recovery) if known.recovery else "Not seen yet."),
        _titled("New since the last update", "\n".join(f"- {line}" for line in _news(known))),
    ]


def _prose(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _titled(title: str, text: str) -> str:
    return f"{title}\n{text.strip()}" if text.strip() else ""


def _happened(known: Known) -> str:
    incident = known.incident
    whom = f"It concerns {incident.slice.label}."
    if incident.impact_from is None:
        since = f"It was noticed at {_clock(incident.detected_at)}; since when is not known yet."
    else:
        since = f"It began at {_clock(incident.impact_from)}"
        noticed = incident.detected_at - incident.impact_from
        since += f" and was noticed {describe(noticed)} later." if noticed.total_seconds() else "."
    return f"{_sentence(incident.title)} {since} {whom}"


def _people(known: Known) -> str:
    """Return the impact on people: records count decisions, so people are bounded, not counted."""
    if known.affected is None:
        return _prose("How many people are affected is not known yet.", _complained(known))
    many = count(known.affected, known.unit)
    said = f"{many} fell into the time and group affected."
    if known.affected:
        most = count(known.affected, "person", "people")
        said += f" That is at most {most}, if each decision is about another person."
    return _prose(said, _wrong(known), _remedied(known), _complained(known))


def _reach(known: Known) -> str:
    if known.affected is None:
        return _prose("Not counted yet.", _complained(known))
    many = _sentence(f"{count(known.affected, known.unit)} affected")
    return _prose(many, _wrong(known), _remedied(known), _complained(known))


def _wrong(known: Known) -> str:
    if not math.isfinite(known.errors):
        return "How many of them are wrong is not known yet."
    said = f"About {number(round(known.errors))} of them are wrong"
    low, high = known.errors_interval
    if math.isfinite(low) and math.isfinite(high):
        said += f" ({number(round(low))} to {number(round(high))}, 95 %)"
    return f"{said}."


def _complained(known: Known) -> str:
    return f"{_capital(count(known.complaints, 'complaint'))} came in." if known.complaints else ""


def _remedied(known: Known) -> str:
    if not known.affected or known.remedied is None:
        return ""
    done = f"{known.remedied:,}" if known.remedied else "none"
    return f"Of these, {done} {'is' if known.remedied <= 1 else 'are'} recorded as put right."


def _money(known: Known) -> str:
    if not known.priced:
        return (
            f"What it costs in money is not known: nobody has said what a wrong {known.unit} costs."
        )
    if not math.isfinite(known.cost):
        return "What it costs in money is not known yet."
    so_far = "" if known.incident.state is State.RESOLVED else " so far"
    return f"The cost{so_far} is about {_rounded(known.cost)} {known.currency}."


def _end(known: Known) -> str:
    incident = known.incident
    if incident.resolved_at is not None:
        began = incident.impact_from or incident.detected_at
        return (
            f"It is over since {_clock(incident.resolved_at)}, after"
            f" {describe(incident.resolved_at - began)}."
        )
    if incident.recovered_at is not None:
        return (
            f"The harm stopped at {_clock(incident.recovered_at)}."
            " It stays open until the cause is fixed; when that is, is not known yet."
        )
    if incident.state is State.CONTAINED and incident.contained_at is not None:
        until = f", and holds until {_clock(known.ends_at)}" if known.ends_at else ""
        return (
            f"The harm is contained since {_clock(incident.contained_at)}{until}."
            " When the cause is fixed is not known yet."
        )
    if known.proposed:
        return "Not known yet. A plan that contains the harm waits for approval."
    return "Not known yet: the harm goes on."


def _prevention(known: Known) -> str:
    if known.preventions:
        return "\n".join(f"- {line}" for line in known.preventions[:_PREVENTIONS_AT_MOST])
    if known.causes:
        return f"Not decided yet. The likeliest cause is {known.causes[0]}."
    return "Not known yet: the cause is being looked for."


def _containment(known: Known) -> str:
    if known.in_force:
        return "\n".join(f"- {line}" for line in known.in_force)
    if known.incident.state is State.RESOLVED:
        return "Nothing is in force any more."
    waiting = f" {_capital(count(known.proposed, 'plan'))} waiting for approval."
    return "Nothing is in force." + (waiting if known.proposed else "")


def _news(known: Known) -> list[str]:
    every = list(known.news)
    left = len(every) - NEWS_AT_MOST
    earlier = [f"{count(left, 'earlier line')} on the timeline"] if left > 0 else []
    return [*earlier, *every[-NEWS_AT_MOST:]]


def _next(at: datetime | None, *, over: bool) -> str:
    if over:
        return "This is the last update."
    return f"Next update by {_clock(at)}." if at else "The next update follows when there is news."


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _rounded(value: float) -> str:
    """Return an estimate with three significant digits, which is more than it deserves."""
    return number(float(f"{value:.{_SIGNIFICANT}g}"))


def _sentence(text: str) -> str:
    """Return `text` as a sentence.

    >>> _sentence("approvals fell")
    'Approvals fell.'
    """
    text = text.strip()
    return _capital(text) + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
