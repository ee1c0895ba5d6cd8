"""An incident full of internal words, and what a person says of it in public."""

from datetime import UTC, datetime, timedelta

from tocsin.base.slices import Slice
from tocsin.incident.bulletin import Bulletin, Component, Level, Stage, Told, publish, update
from tocsin.incident.incident import Incident, Severity, State

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOANS = Component(
    key="loans",
    title="Loan applications",
    systems=("loan-approval",),
    about="Decisions on new loans",
    wording={"region=north": "people who live in the north"},
)
CARDS = Component(key="cards", title="Card payments", systems=("fraud",))
KNOWN = (LOANS, CARDS)


def incident(severity: Severity = Severity.SEV1, at: datetime = NOW) -> Incident:
    """Return an incident that nobody outside must read."""
    return Incident(
        id="inc_42",
        number=42,
        system="loan-approval",
        title="recall of v20 fell in region=north",
        severity=severity,
        severity_why="illegal denials",
        state=State.OPEN,
        slice=Slice.of({"region": "north"}),
        impact_from=at - HOUR,
        detected_at=at - MINUTE,
        commander="aspen",
    )


def told(
    text: str = "Some applications were turned down wrongly.",
    stage: Stage = Stage.INVESTIGATING,
    level: Level = Level.AFFECTED,
) -> Told:
    """Return what is said."""
    return Told(stage=stage, text=text, level=level)


def published(*, at: datetime = NOW, key: str = "loans", id_: str = "blt_1") -> Bulletin:
    """Return a bulletin that aspen published."""
    return publish(
        incident(at=at),
        told(),
        ids=(id_, f"{id_}_post"),
        title="Wrong answers to applications",
        components=[key],
        known=KNOWN,
        whom="people who live in the north",
        by="aspen",
        now=at,
    )


def over(bulletin: Bulletin, at: datetime) -> Bulletin:
    """Return it as resolved."""
    said = told("It is over.", Stage.RESOLVED)
    return update(bulletin, said, id_="post_over", by="aspen", now=at)
