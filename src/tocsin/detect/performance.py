"""Performance: what the decisions are and, where outcomes are known, how right they are.

Per slice, against the reference's own rate of that slice.  Smallest effects of interest:
selection rate 3 %, accuracy 1 %, precision and recall 3 %, hit rate 1 %, empty lists 1 %; AUC see
`ranking`.  Accuracy and its
kin are alarms downward only; the selection rate in both directions, since both harm somebody.
Where one of several classes is chosen, precision and recall are asked of each class that the
reference tells apart; what speaks of all classes at once is in `classes`.  A ranking is right where
one of its first items was wanted; what else there is to say of it is in `lists`.  A regression is
neither right nor wrong (`errors`).
Refuses: to say anything of accuracy before outcomes arrive; drift is no substitute.
"""

from dataclasses import replace

from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Look
from tocsin.detect.places import at, verbatim
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.ingest.system import Kind
from tocsin.profile.layout import Layout

SELECTED, RIGHT, PRECISE, FOUND, HIT, EMPTY = 0.03, 0.01, 0.03, 0.03, 0.01, 0.01


def decided(look: Look) -> list[Finding]:
    """Return what decisions show before any outcome is known, per slice."""
    return judge(look, answers(look.layout), "answers")


def performance(look: Look) -> list[Finding]:
    """Return what outcomes show, per slice."""
    return judge(look, rates(look.layout), "performance")


def families(layout: Layout) -> dict[str, list[Rate]]:
    """Return all rates that are watched, by the name under which the baseline knows them."""
    found = {"answers": answers(layout), "performance": rates(layout)}
    return {name: rates for name, rates in found.items() if rates}


def find(layout: Layout, measure: str) -> tuple[str, int, Rate]:
    """Return the family of a rate, its place in it, and the rate.

    Raises:
        StopIteration: there is no such rate.
    """
    return next(
        (name, place, rate)
        for name, some in families(layout).items()
        for place, rate in enumerate(some)
        if rate.measure == measure
    )


def answers(layout: Layout) -> list[Rate]:
    """Return the rates of decisions that are watched: of a yes or no, and of lists."""
    if layout.spec.kind is Kind.RANKING:
        places = (at(layout, "empty"), at(layout, "n_prediction"))
        return [_rate("empty_lists", places, Watch.UP, EMPTY, "{value} of lists were empty")]
    if layout.spec.kind is not Kind.BINARY:
        return []
    said = f"{{value}} of decisions were {verbatim(layout.spec.positive)}"
    places = (at(layout, "n_positive"), at(layout, "n_prediction"))
    return [_rate("selection_rate", places, Watch.BOTH, SELECTED, said)]


def rates(layout: Layout) -> list[Rate]:
    """Return the rates of outcomes that are watched."""
    match layout.spec.kind:
        case Kind.BINARY:
            return _yes_or_no(layout)
        case Kind.MULTICLASS:
            return _of_classes(layout)
        case Kind.RANKING:
            right, wrong = (at(layout, name) for name in ("right", "wrong"))
            said = f"{{value}} of lists held something wanted in their first {layout.spec.top}"
            return [_rate("hit_rate", (right, right + wrong), Watch.DOWN, HIT, said)]
        case Kind.REGRESSION:
            return []


def _yes_or_no(layout: Layout) -> list[Rate]:
    tp, fp, tn, fn = (at(layout, name) for name in ("tp", "fp", "tn", "fn"))
    down = Watch.DOWN
    right = "{value} of decisions were right"
    precise = "{value} of positive decisions were right"
    found = "{value} of those who deserved a yes got it"
    return [
        _rate("accuracy", (tp + tn, tp + fp + tn + fn), down, RIGHT, right),
        _rate("precision", (tp, tp + fp), down, PRECISE, precise),
        _rate("recall", (tp, tp + fn), down, FOUND, found),
    ]


def _of_classes(layout: Layout) -> list[Rate]:
    """Return accuracy, and the recall and precision of each class."""
    right, wrong = (at(layout, name) for name in ("right", "wrong"))
    size, down = len(layout.spec.classes) + 1, Watch.DOWN
    said = "{value} of answers were right"
    found = [_rate("accuracy", (right, right + wrong), down, RIGHT, said)]
    cells = at(layout, "confusion")
    for place, name in enumerate(layout.spec.classes):
        answered, true = cells[place * size : (place + 1) * size], cells[place::size]
        hit, called = (answered[place],), verbatim(name)
        for measure, of, least, text in (
            ("recall", true, FOUND, f"{{value}} of true {called} were answered as such"),
            ("precision", answered, PRECISE, f"{{value}} of answers {called} were right"),
        ):
            rate = _rate(measure, (hit, of), down, least, text)
            found.append(replace(rate, column=name, everywhere=False))
    return found


def _rate(
    measure: str,
    places: tuple[tuple[int, ...], tuple[int, ...]],
    watch: Watch,
    least: float,
    said: str,
) -> Rate:
    return Rate(
        layer=Layer.PERFORMANCE,
        measure=measure,
        yes=places[0],
        of=places[1],
        watch=watch,
        least=least,
        said=said,
        everywhere=True,
    )
