"""Methods: peers' drift rules by name (`evidently:psi`), said beside our own findings.

They are for people who come from a peer or compare with one.  Each looks at the rows of one column
in both files; what it says is information and never an alarm, since none states how often it
alarms on healthy data (`docs/limits.md` has figures).
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tocsin.base.errors import BadInput
from tocsin.base.spans import Span
from tocsin.detect import evidently, nannyml, river
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.raw import Raw, Said

NAN = float("nan")
_PEERS = ("evidently", "nannyml", "river")
NAMES = (
    *(f"evidently:{name}" for name in evidently.METHODS),
    *(f"nannyml:{name}" for name in nannyml.METHODS),
    *(f"river:{name}" for name in river.DETECTORS),
)
Columns = Mapping[str, tuple[Raw, Raw]]
"""Each column's rows in the reference and in the file, in order of time where that is known."""


def required(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once.

    Raises:
        BadInput: there is no such method.
    """
    for name in names:
        if name not in NAMES:
            raise BadInput(
                f"no method {name!r}", where="--method", do="give one of " + ", ".join(NAMES)
            )
    return tuple(dict.fromkeys(names))


def compare(names: Sequence[str], columns: Columns, window: Span | None) -> list[Finding]:
    """Return what each method says of each column that it is meant for.

    Raises:
        BadInput: a method is meant for none of the columns.
    """
    found: list[Finding] = []
    for name in names:
        said = list(_said(name, columns))
        if not said:
            raise BadInput(
                f"{name} is meant for no column of these files",
                where="--method",
                do="leave it out",
            )
        found += [_finding(name, column, columns[column], one, window) for column, one in said]
    return found


def borrowed(measure: str) -> bool:
    """Return whether a finding's measure is a peer's method.

    >>> borrowed("evidently:psi"), borrowed("jsd")
    (True, False)
    """
    return measure.partition(":")[0] in _PEERS


def _said(name: str, columns: Columns) -> Iterator[tuple[str, Said]]:
    peer, _, method = name.partition(":")
    for column, (was, now) in columns.items():
        if not (was.there.any() and now.there.any()) or was.numeric != now.numeric:
            continue
        if peer == "evidently" and evidently.fits(method, was, now):
            yield column, evidently.METHODS[method](was, now)
        elif peer == "nannyml" and nannyml.fits(method, was):
            yield column, nannyml.said(method, was, now)
        elif peer == "river" and was.numeric:
            yield column, _called(method, was, now)


def _called(method: str, was: Raw, now: Raw) -> Said:
    """Return how often a detector that saw the reference first calls in the window."""
    detector, start = river.DETECTORS[method](), len(was.floats)
    stream = np.concatenate([was.floats, now.floats]).tolist()
    calls = [place - start for place in river.alarms(detector, stream) if place >= start]
    first = f"first at row {calls[0] + 1:,}" if calls else ""
    return Said(len(calls), 0.0, drifted=bool(calls), rule="calls above", more=first)


def _finding(
    name: str, column: str, rows: tuple[Raw, Raw], said: Said, window: Span | None
) -> Finding:
    rule = said.rule if np.isnan(said.limit) else f"{said.rule} {said.limit:.4g}"
    more = f", {said.more}" if said.more else ""
    why = (
        f"{name} says {'drift' if said.drifted else 'no drift'} of {column}: {said.value:.6g}{more}"
        f" ({rule}). A peer's rule for comparison: it states no false-alarm rate."
    )
    return Finding(
        layer=Layer.DRIFT,
        measure=name,
        column=column,
        value=said.value,
        baseline=NAN,
        effect=NAN,
        interval=(NAN, NAN),
        threshold=said.limit,
        n=int(rows[1].there.sum()),
        n_baseline=int(rows[0].there.sum()),
        verdict=Verdict.OK,
        level=Level.INFO,
        why=why,
        window=window,
        method=name,
    )
