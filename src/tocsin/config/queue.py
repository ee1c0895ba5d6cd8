"""The form of how people judge the decisions that are referred to them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from tocsin.config.source import Source
from tocsin.config.strict import Duration, Name, Strict
from tocsin.ingest.queue import Queue


def _share(value: object) -> object:
    """Return the share that `1%` or `1 %` names; numbers are shares already."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip().removesuffix("%")) / 100
        except ValueError:
            raise ValueError("write a share like 1% or 0.01") from None
    return value


Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)]


class QueueForm(Strict):
    """How people judge decisions that are referred to them; see `docs/queue.md`."""

    routed: bool = Field(
        default=True,
        description="Whether decisions that a `review` directive routes to people come here; false:"
        " the service has people of its own for them.",
    )
    due: Duration = Field(
        default=timedelta(hours=4),
        gt=timedelta(0),
        description="How long a decision may wait for a person before that is an alarm.",
    )
    lease: Duration = Field(
        default=timedelta(minutes=10),
        gt=timedelta(0),
        description="How long whoever takes one has it alone.",
    )
    sample: Share = Field(
        default=0.0,
        description="Share of the system's own decisions that people judge too, drawn by chance,"
        " e.g. `1%`.",
    )
    second: Share = Field(
        default=0.1,
        description="Share of judgements that a second person repeats blind; where the two differ a"
        " third decides.",
    )
    hide_answer: bool = Field(
        default=True,
        description="Hide the system's answer until a person has judged: it would anchor them.",
    )
    overdue: Annotated[str, Field(pattern="^(ticket|page)$")] = Field(
        default="ticket", description="What overdue decisions are: a `ticket` or a `page`."
    )
    outcomes: bool = Field(
        default=True,
        description="A judgement is the decision's outcome; false where the truth shows later.",
    )
    answers_to: Name | None = Field(
        default=None,
        description="Notifier of kind `webhook` that is told each judgement; none: callers ask.",
    )


def queue_of(form: QueueForm) -> Queue:
    """Return the queue that its form declares."""
    return Queue(
        routed=form.routed,
        due=form.due,
        lease=form.lease,
        sample=form.sample,
        second=form.second,
        hides_answer=form.hide_answer,
        pages=form.overdue == "page",
        outcomes=form.outcomes,
        answers_to=form.answers_to or "",
    )


def check_queue(name: str, form: QueueForm, kinds: Mapping[str, str], source: Source) -> None:
    """Refuse a channel that nobody declared, or that cannot carry an answer.

    Args:
        name: of the system.
        form: what it declares.
        kinds: of the declared notifiers, by name.
        source: names file and line.

    Raises:
        BadInput: it names file, line and key.
    """
    path = ("systems", name, "queue", "answers_to")
    if form.answers_to is None:
        return
    if form.answers_to not in kinds:
        raise source.undeclared(path, "notifier", form.answers_to, kinds)
    if kinds[form.answers_to] != "webhook":
        what = f"{form.answers_to!r} is of kind {kinds[form.answers_to]}"
        raise source.error(path, what, "name a notifier of kind webhook: it is signed")
