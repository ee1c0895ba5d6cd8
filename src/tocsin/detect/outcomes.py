"""Outcomes: whether what turns out to be true has moved by itself (label drift), per slice.

    outcome_rate   known outcomes that are yes / known outcomes of answered decisions

against the reference's own rate of that slice, in either direction; smallest effect of interest
3 %.  It is drift: people, or the world, are others than before, which need not be anybody's fault.
Refuses: to judge outcomes that are still coming in.  Early outcomes are others than late ones (who
defaults does so sooner than others have repaid), so their rate tells of their age.
"""

from tocsin.base.slices import EVERYONE
from tocsin.detect.finding import Finding, Layer
from tocsin.detect.look import Look, Subject, undecided
from tocsin.detect.maturity import immature
from tocsin.detect.places import at, verbatim
from tocsin.detect.rates import Rate, Watch, judge
from tocsin.profile.layout import Layout

MOVED = 0.03


def outcomes(look: Look, *, fixed: bool) -> list[Finding]:
    """Return whether outcomes moved, per slice; nothing if the reference knows none.

    Args:
        look: the window whose outcomes are judged.
        fixed: whether it is old enough for them to be complete.
    """
    some = rates(look.layout)
    if look.reference[0, list(some[0].of)].sum() == 0:
        return []
    reason = "" if fixed else immature(look)
    if reason:
        subject = Subject(Layer.DRIFT, "outcome_rate", None, EVERYONE)
        return [undecided(look, subject, some[0].least, reason)]
    return judge(look, some, "rate of outcomes")


def rates(layout: Layout) -> list[Rate]:
    """Return the rates of outcomes whose drift is watched."""
    return [
        Rate(
            layer=Layer.DRIFT,
            measure="outcome_rate",
            yes=at(layout, "tp", "fn"),
            of=at(layout, "tp", "fp", "tn", "fn"),
            watch=Watch.BOTH,
            least=MOVED,
            said=f"{{value}} of known outcomes were {verbatim(layout.spec.positive)}",
        )
    ]
