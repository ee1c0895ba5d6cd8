"""Quality: inputs that are missing, unusable, of another type, garbled, never seen or out of range.

Smallest effects of interest, in shares of decisions: 2 % missing, unseen or out of range, 1 %
unusable, of another type, garbled or without score.  They are alarms only upward.  A rule of the
system's owner is broken by more than usual, and by more than the owner allows.
"""

from tocsin.base.phrases import percent
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Look
from tocsin.detect.places import ANSWER, at, inputs
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.ingest.rule import Rule
from tocsin.profile.layout import DECIDERS, Layout

MISSING, INVALID, MISTYPED, GARBLED = 0.02, 0.01, 0.01, 0.01
UNSEEN, OUT_OF_RANGE, NO_SCORE = 0.02, 0.02, 0.01


def quality(look: Look) -> list[Finding]:
    """Return what the inputs' quality shows, per feature and slice."""
    return judge(look, rates(look.layout), "quality")


def rates(layout: Layout) -> list[Rate]:
    """Return the rates that are watched: a few per feature, and the answer."""
    watched: list[Rate] = []
    # the views of one feature are missing and mistyped together: ask its first
    first = set(inputs(layout.spec))
    for bins in layout.spec.numeric:
        name = f"f_{bins.name}"
        usable = at(layout, f"{name}.hist", f"{name}.under", f"{name}.over")
        outside = at(layout, f"{name}.under", f"{name}.over")
        n = at(layout, "n")
        if bins.name in first:
            watched += _absent(layout, bins.name)
        watched += [
            _rate("invalid", bins.name, at(layout, f"{name}.invalid"), n, INVALID),
            _rate("out_of_range", bins.name, outside, usable, OUT_OF_RANGE),
        ]
    for categories in layout.spec.categorical:
        name = f"f_{categories.name}"
        unseen = at(layout, f"{name}.unseen")
        known = at(layout, f"{name}.counts", f"{name}.other")
        watched += [
            *_absent(layout, categories.name),
            _rate("unseen", categories.name, unseen, (*known, *unseen), UNSEEN),
        ]
    watched += [
        _rate("garbled", name, at(layout, f"f_{name}.garbled"), at(layout, "n"), GARBLED)
        for name in layout.spec.texts
    ]
    own = at(layout, "n_by_decider")[DECIDERS.index("system")]
    answer, _ = ANSWER[layout.spec.kind]
    watched.append(_rate("missing", answer, at(layout, "score_missing"), (own,), NO_SCORE))
    return watched + [_broken(layout, rule) for rule in layout.spec.rules]


def _absent(layout: Layout, feature: str) -> list[Rate]:
    n = at(layout, "n")
    return [
        _rate("missing", feature, at(layout, f"f_{feature}.missing"), n, MISSING),
        _rate("mistyped", feature, at(layout, f"f_{feature}.mistyped"), n, MISTYPED),
    ]


def _broken(layout: Layout, rule: Rule) -> Rate:
    allowed = round(1 - rule.mostly, 9)
    beyond = f" (allowed: {percent(allowed)})" if allowed else ""
    said = f"{rule.column} breaks “{rule.name}”{beyond}".replace("{", "{{").replace("}", "}}")
    return Rate(
        layer=Layer.QUALITY,
        measure=rule.measure,
        column=rule.column,
        yes=at(layout, f"{rule.place}.broken"),
        of=at(layout, f"{rule.place}.broken", f"{rule.place}.kept"),
        watch=Watch.UP,
        least=0.0,
        said=f"{said} in {{value}} of decisions",
        allowed=allowed,
    )


_SAID = {
    "missing": "is missing in {value} of decisions",
    "invalid": "is not a usable number in {value} of decisions",
    "mistyped": "is of another type in {value} of decisions",
    "garbled": "has a broken encoding in {value} of decisions",
    "unseen": "holds values that the reference never showed in {value} of decisions",
    "out_of_range": "lies outside the reference's range in {value} of decisions",
}


def _rate(
    measure: str, column: str, yes: tuple[int, ...], of: tuple[int, ...], least: float
) -> Rate:
    return Rate(
        layer=Layer.QUALITY,
        measure=measure,
        column=column,
        yes=yes,
        of=of,
        watch=Watch.UP,
        least=least,
        said=f"{column.replace('{', '{{').replace('}', '}}')} {_SAID[measure]}",
    )
