"""A moved threshold: what a row's score means by it, and the answer that says so.

    the answer to the row                        then
    says what its score means by the threshold   it stays as it is
    says the opposite                            its prediction is put the other way round
    cannot be put the other way round            it stays, and is counted with the reason: see `Why`

Whichever server answered is measured so, an earlier version or a canary as well; what the rules
say, and what is pending or blocked, is not.  A score alone decides nothing here: whoever reads it
has a threshold of their own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tocsin.base.errors import BadInput
from tocsin.gateway.ask import Ask, Dialect
from tocsin.gateway.served import Served
from tocsin.gateway.verdict import Verdict, Way
from tocsin.gateway.wire import Reply, reworded
from tocsin.ingest.system import Kind, canonical

Facts = Mapping[str, object]
_USUAL = ("true", "false")
_PAIRS = (("true", "false"), ("yes", "no"), ("1", "0"), ("1.0", "0.0"))
_OTHER = dict(_PAIRS) | {no: yes for yes, no in _PAIRS}


class Why(StrEnum):
    """Why a row's answer could not follow the threshold."""

    STREAM = "stream"
    """It comes in pieces: a stream, or an answer too long to be held."""
    UNREAD = "unread"
    """It does not follow the protocol, or what it says of its rows cannot be told."""
    KIND = "kind"
    """The system answers something else than yes or no."""
    SCORE = "no score"
    PREDICTION = "no prediction"
    WORDS = "words"
    """It says a word whose opposite is not known: see `negative` in `gateway.yaml`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An answer, and who decided each row, after both were measured."""

    reply: Reply
    verdicts: tuple[Verdict, ...]
    before: Mapping[int, object] = field(default_factory=dict[int, object])
    """What the server had predicted, of each row whose prediction was put the other way round."""
    unmoved: Mapping[int, Why] = field(default_factory=dict[int, Why])
    """Rows that a moved threshold holds for and did not reach."""


def measured(
    reply: Reply, verdicts: Sequence[Verdict], ask: Ask, dialect: Dialect, served: Served
) -> Measured:
    """Return the answer in which each row says what its score means by the threshold in force.

    A row that follows names the threshold's directive, unless its answer stayed as it was and
    another directive chose the server: then that one decided.

    Args:
        reply: the answer to the whole call.
        verdicts: who answered each row.
        ask: the call.
        dialect: of the call.
        served: the system.
    """
    mine = [k for k, one in enumerate(verdicts) if one.moved is not None and one.way is Way.RELAY]
    if not mine or reply.status != 200:
        return Measured(reply, tuple(verdicts))
    unmoved: dict[int, Why] = {}
    facts, why = _told(reply, ask, dialect, served)
    changed: dict[int, object] = {}
    for k in mine:
        said = _meant(facts[k], verdicts[k], served) if why is None else why
        if isinstance(said, Why):
            unmoved[k] = said
        elif said.value is not None:
            changed[k] = said.value
    if changed:
        try:
            reply = reworded(reply, dialect.rewritten(reply.body, changed, served))
        except BadInput:
            unmoved |= dict.fromkeys(changed, Why.UNREAD)
            changed = {}
    after = tuple(
        replace(one, directive=one.moved)
        if k in changed or (k in mine and k not in unmoved and one.directive is None)
        else one
        for k, one in enumerate(verdicts)
    )
    return Measured(reply, after, {k: facts[k].get("prediction") for k in changed}, unmoved)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a prediction has to say instead; None: it says it."""

    value: object = None


def _told(
    reply: Reply, ask: Ask, dialect: Dialect, served: Served
) -> tuple[Sequence[Facts], Why | None]:
    """Return what the answer says of each row, or why none of them can be measured."""
    if reply.rest is not None:
        return (), Why.STREAM
    if served.system.kind is not Kind.BINARY:
        return (), Why.KIND
    try:
        facts = dialect.told(ask, reply.body, served)
    except BadInput:
        return (), Why.UNREAD
    return facts, None if len(facts) == len(ask.rows) else Why.UNREAD


def _meant(fact: Facts, one: Verdict, served: Served) -> _Meant | Why:
    score, said = fact.get("score"), fact.get("prediction")
    if isinstance(score, bool) or not isinstance(score, int | float) or math.isnan(score):
        return Why.SCORE
    if said is None or fact.get("deduced"):
        return Why.PREDICTION
    assert one.moved is not None
    assert one.moved.threshold is not None
    yes = score >= one.moved.threshold
    if (canonical(said) == served.system.columns.positive) == yes:
        return _Meant()
    value = opposite(said, served)
    return Why.WORDS if value is None else _Meant(value)


def opposite(said: object, served: Served) -> object:
    """Return what `said` is the opposite of, in its own words and type; None where not known.

    >>> from tocsin.ingest.system import System
    >>> served = Served(system=System(name="loans"), upstream="http://a", version="v2",
    ...                 models=("loans",))
    >>> [opposite(said, served) for said in (True, 1, 0.0, "No", "YES", "approved")]
    [False, 0, 1.0, 'Yes', 'NO', None]
    """
    text, positive = canonical(said), served.system.columns.positive
    if served.no is None and positive in _USUAL:
        return _usual(said) if text in _USUAL else None
    if served.no is not None and text not in (positive, canonical(served.no)):
        return None  # a third word: neither yes nor no
    return _typed(served.no if text == positive else served.yes, said)


def _usual(said: object) -> object:
    if isinstance(said, bool):
        return not said
    if isinstance(said, int | float):
        return type(said)(1 - said)
    word = str(said)
    other = _OTHER[word.strip().lower()]
    return other.upper() if word.isupper() else other.title() if word.istitle() else other


def _typed(word: object, like: object) -> object:
    """Return a declared word in the type of another; None where it has none in it."""
    if isinstance(like, str):
        return None if word is None else str(word).lower() if isinstance(word, bool) else str(word)
    if isinstance(like, bool):
        return word if isinstance(word, bool) else None
    if isinstance(like, int | float) and isinstance(word, int) and not isinstance(word, bool):
        return type(like)(word)
    return None
