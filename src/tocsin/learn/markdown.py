"""A review as Markdown.  What people wrote is escaped: it can neither add markup nor run HTML."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.base.phrases import percent
from tocsin.base.spans import describe
from tocsin.contain.canary import Answer, Canary
from tocsin.learn.actions import ActionItem
from tocsin.learn.review import Review

_SPECIAL = frozenset("\\`*_{}[]()<>#+-.!|~&\"'=:@")
_NEVER_ESCAPED = frozenset("-.:()'+=")
"""Signs that only mean something at a line's start or in pairs that are broken otherwise."""


def to_markdown(review: Review) -> str:
    """Return the review as one CommonMark document with GitHub tables.

    Raw HTML cannot occur: `<`, `>` and `&` become entities.
    """
    parts = [
        f"# {review.name}: {escape(review.title)}",
        (
            f"{escape(review.system)} · {review.severity} ({escape(review.severity_why)}) · "
            f"drafted {_time(review.drafted_at)}"
        ),
        "## What happened",
        *(escape(paragraph) for paragraph in review.summary),
        "## Impact",
        escape(review.harm.text),
        "## Response",
        _times(review),
        "## Timeline",
        _timeline(review),
        "## Causes",
        _causes(review),
        *(["## What the canary said", *_trials(review)] if review.trials else []),
        "## What went well",
        _bullets(review.went_well),
        "## What did not",
        _bullets(review.went_badly),
        "## Where we were lucky",
        _bullets(review.lucky),
        "## What will be different",
        _actions(review.actions),
    ]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    r"""Return `text` as Markdown that shows exactly this text on one line.

    >>> escape("a|b <b>*x*</b>")
    'a\\|b &lt;b&gt;\\*x\\*&lt;/b&gt;'
    """
    entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    line = " ".join(text.split())
    shown = "".join(
        entities.get(c) or (f"\\{c}" if c in _SPECIAL - _NEVER_ESCAPED else c) for c in line
    )
    head = shown[:1]
    # a list, a heading underline or an ordered list could still begin here
    return f"\\{shown}" if head in ("-", "+", "=", ".", ":") else _unnumbered(shown)


def _unnumbered(text: str) -> str:
    digits = len(text) - len(text.lstrip("0123456789"))
    if digits and text[digits : digits + 1] in (".", ")"):
        return f"{text[:digits]}\\{text[digits:]}"
    return text


def _times(review: Review) -> str:
    rows = [
        ("to detection", review.times.mttd),
        ("from detection to acknowledgement", review.times.mtta),
        ("from detection to containment", review.times.mttc),
        ("to verified recovery", review.times.mttr),
    ]
    return _table(("time", "took"), [(name, _length(took)) for name, took in rows])


def _timeline(review: Review) -> str:
    return _table(
        ("when", "what", "who", "in words"),
        [(_time(e.at), escape(e.kind), escape(e.actor), escape(e.text)) for e in review.timeline],
    )


def _causes(review: Review) -> str:
    if not review.causes:
        return "Not diagnosed."
    return "\n".join(
        f"{place}. **{escape(cause.title)}**"
        + (
            f" (change `{_code(cause.change)}`)"
            if cause.change
            else f" ({percent(cause.score, 0)})"
        )
        + f": {escape(cause.why)}"
        for place, cause in enumerate(review.causes, start=1)
    )


def _trials(review: Review) -> list[str]:
    parts: list[str] = []
    for one in review.trials:
        parts.append(f"**{escape(one.what)}**")
        if not one.calls:
            parts.append("Never judged: no bucket in which both versions decided was over.")
        for given in one.calls:
            told = given.told
            parts.append(
                f"{_time(given.at)}: **{told.call.value}** {escape(told.candidate)} beside"
                f" {escape(told.champion)}. {escape(told.why)}"
            )
            parts.append(_compared(told))
    return list(filter(None, parts))


def _compared(told: Canary) -> str:
    """Return what the verdict rested on as a table; what is small and harmless is left out."""
    rows = [
        (
            escape(one.measure.replace("_", " ")),
            escape(one.slice.label),
            f"{percent(one.candidate.share)} of {one.candidate.n:,}" if one.candidate.n else "–",
            f"{percent(one.champion.share)} of {one.champion.n:,}" if one.champion.n else "–",
            f"{100 * one.interval[0]:+.1f} to {100 * one.interval[1]:+.1f}",
            f"{100 * one.borne:.1f}",
            one.answer.value,
        )
        for one in told.compared
        if one.must or one.answer is Answer.HARMED
    ]
    head = ("measure", "of", "candidate", "champion", "harm in points", "borne", "so")
    return _table(head, rows) if rows else ""


def _actions(actions: Iterable[ActionItem]) -> str:
    rows = [
        (
            escape(a.title),
            escape(a.owner),
            f"{a.due_at:%Y-%m-%d}",
            escape(a.check.label),
            a.state.value,
        )
        for a in actions
    ]
    return _table(("action", "owner", "due", "closes when", "state"), rows)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines) or "Nothing on record."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _code(text: str) -> str:
    return text.replace("`", "").replace("|", "")


def _length(took: timedelta | None) -> str:
    return "not on record" if took is None else describe(took)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
