"""Rules: which rows of a batch break what their system's owner demands of them.

A row without a value keeps every rule but `PRESENT`; NaN is no value, as pandas has it.  A value
of another type than its feature is a value: it breaks what asks for something and keeps what
forbids something.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tocsin.ingest.rows import Field, FieldKind, Schema
from tocsin.ingest.rule import Apart, Demand, Rule, Sort
from tocsin.ingest.system import System, canonical
from tocsin.profile.columns import Batch, Flags, Floats

BROKEN, KEPT, NOT_ASKED = range(3)
Codes: TypeAlias = NDArray[np.uint32]
"""Shape (n,): `BROKEN`, `KEPT` or `NOT_ASKED`."""

_NUMBERS = {FieldKind.NUMERIC, FieldKind.CATEGORICAL}
_TEXTS = {FieldKind.CATEGORICAL, FieldKind.TEXT}
_FORBIDS = {Demand.NOT_IN_SET, Demand.MATCHES_NOT}
_SORTS = {Sort.TRUTH: FieldKind.BOOLEAN, Sort.INSTANT: FieldKind.TIMESTAMP}


def fitting(system: System, schema: Schema) -> tuple[Rule, ...]:
    """Return the system's rules that can be asked of rows of `schema`."""
    return tuple(rule for rule in system.rules if not _why_not(rule, system, schema))


def unfit(system: System, schema: Schema) -> list[str]:
    """Return a sentence for each of its other rules: which it is, and why it is not asked."""
    why = ((rule, _why_not(rule, system, schema)) for rule in system.rules)
    return [f"the rule “{r.column} {r.name}” is not watched: {said}" for r, said in why if said]


def judged(
    batch: Batch, rule: Rule, fields: Mapping[str, Field], wrong: Mapping[str, Flags]
) -> Codes:
    """Return what each row does with `rule`.

    Args:
        batch: rows in the lake's schema.
        rule: one that fits their schema.
        fields: the features by name.
        wrong: where a feature's value was of another type, by name; absent: nowhere.
    """
    absent = {name: _absent(batch, fields[name], wrong.get(name)) for name in rule.columns}
    own = absent[rule.column]
    if rule.demand is Demand.PRESENT:
        return _codes(~own, None)
    if rule.demand is Demand.ABSENT:
        return _codes(own, None)
    if rule.demand is Demand.ABOVE:
        a, b = (_values(batch, fields[name]) for name in rule.columns)
        with np.errstate(invalid="ignore"):
            kept = a > b if rule.above_low else a >= b
        other = absent[rule.other]
        apart = {Apart.BOTH: own & other, Apart.EITHER: own | other}.get(rule.apart)
        return _codes(kept, apart)
    kept = _keeps(batch, rule, fields[rule.column])
    mistyped = wrong.get(rule.column)
    if mistyped is not None:
        kept = np.where(mistyped, rule.demand in _FORBIDS, kept)
    return _codes(kept, own)


def _codes(kept: Flags, apart: Flags | None) -> Codes:
    codes = kept.astype(np.uint32)
    if apart is not None:
        codes[apart] = NOT_ASKED
    return codes


def _why_not(rule: Rule, system: System, schema: Schema) -> str:
    """Return why a rule cannot be asked; empty where it can."""
    kinds = {field.name: field.kind for field in schema.features}
    strange = [name for name in rule.columns if name not in kinds]
    if strange:
        return f"{strange[0]} is no feature"
    whatever = rule.demand in {Demand.PRESENT, Demand.ABSENT}
    hidden = [name for name in rule.columns if name in system.hashed and not whatever]
    if hidden:
        return f"{hidden[0]} is stored as a keyed hash"
    kind = kinds[rule.column]
    match rule.demand:
        case Demand.PRESENT | Demand.ABSENT:
            fits = True
        case Demand.BETWEEN:
            fits = kind in _NUMBERS
        case Demand.IN_SET | Demand.NOT_IN_SET:
            fits = kind not in {FieldKind.TIMESTAMP, FieldKind.EMBEDDING}
        case Demand.MATCHES | Demand.MATCHES_NOT | Demand.LENGTH:
            fits = kind in _TEXTS
        case Demand.SORT:
            fits = kind is _SORTS[rule.sort] if rule.sort in _SORTS else kind in _NUMBERS
        case Demand.ABOVE:
            instants = {kind, kinds[rule.other]} == {FieldKind.TIMESTAMP}
            fits = instants or {kind, kinds[rule.other]} <= _NUMBERS
    return "" if fits else f"{rule.column} is of kind {kind.value}"


def _absent(batch: Batch, field: Field, wrong: Flags | None) -> Flags:
    """Return where there is no value at all."""
    column = f"f_{field.name}"
    if field.kind is FieldKind.NUMERIC:
        absent: Flags = np.isnan(batch.floats(column))
    else:
        absent = ~batch.present(column)
    return absent if wrong is None else absent & ~wrong


def _keeps(batch: Batch, rule: Rule, field: Field) -> Flags:
    """Return where a value is as one column's rule demands; arbitrary where there is none."""
    column = f"f_{field.name}"
    match field.kind:
        case FieldKind.NUMERIC:
            return _numbers_keep(rule, batch.floats(column))
        case FieldKind.TIMESTAMP | FieldKind.EMBEDDING:
            return batch.present(column)
        case _:
            words, of_row = batch.words(column)
            keeps = _word_keeps(rule, truths=field.kind is FieldKind.BOOLEAN)
            kept = [keeps(text) for text in words.texts.to_pylist()]
            return np.array([*kept, False], np.bool_)[of_row]


def _numbers_keep(rule: Rule, values: Floats) -> Flags:
    with np.errstate(invalid="ignore"):
        if rule.demand is Demand.BETWEEN:
            return _within(rule, values)
        if rule.demand is Demand.SORT:
            whole = np.isfinite(values) & (values == np.floor(values))
            return whole if rule.sort is Sort.WHOLE else ~np.isnan(values)
        found = np.isin(values, [x for x in map(_number, rule.values) if x == x])  # noqa: PLR0124 - NaN test
        return found if rule.demand is Demand.IN_SET else ~found


def _within(rule: Rule, values: Floats) -> Flags:
    kept = ~np.isnan(values)
    if rule.low is not None:
        kept &= values > rule.low if rule.above_low else values >= rule.low
    if rule.high is not None:
        kept &= values < rule.high if rule.below_high else values <= rule.high
    return kept


def _word_keeps(rule: Rule, *, truths: bool) -> Callable[[str], bool]:
    """Return what tells of one text whether it is as demanded."""
    match rule.demand:
        case Demand.IN_SET | Demand.NOT_IN_SET:
            known = {canonical(value) if truths else value for value in rule.values}
            return lambda text: (text in known) == (rule.demand is Demand.IN_SET)
        case Demand.MATCHES | Demand.MATCHES_NOT:
            found = re.compile(rule.pattern).search
            return lambda text: (found(text) is not None) == (rule.demand is Demand.MATCHES)
        case Demand.LENGTH:
            return lambda text: bool(_within(rule, np.array([float(len(text))]))[0])
        case Demand.SORT if truths:
            return lambda _: True
        case _:
            return lambda text: bool(_numbers_keep(rule, np.array([_number(text)]))[0])


def _values(batch: Batch, field: Field) -> Floats:
    """Return a column as numbers that can be compared, instants in us; NaN where it has none."""
    column = f"f_{field.name}"
    if field.kind is FieldKind.NUMERIC:
        return batch.floats(column)
    if field.kind is FieldKind.TIMESTAMP:
        return np.where(batch.present(column), batch.ticks(column).astype(np.float64), np.nan)
    words, of_row = batch.words(column)
    return np.array([*map(_number, words.texts.to_pylist()), np.nan], np.float64)[of_row]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
