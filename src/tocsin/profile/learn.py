"""Learn a spec from the reference: which columns are counted, and into which bins.

Grids are fixed here once and never again (see `edges`), so that every later profile adds up with
every other.  Columns of times and of nested values that nobody named are left out: they always
move, or have no distribution to compare.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log, prod
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.ingest import arrays
from tocsin.ingest.arrays import Column
from tocsin.ingest.rows import INSTANT, Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Kind, System, canonical, named, plain
from tocsin.ingest.values import read
from tocsin.profile.catalogue import check_lists, times_shown
from tocsin.profile.columns import Batch
from tocsin.profile.edges import bins
from tocsin.profile.pairs import every, paired
from tocsin.profile.repeats import told_by
from tocsin.profile.roles import check_columns, roles
from tocsin.profile.rules import fitting
from tocsin.profile.spec import MOST_LEAVES, Categories, Embedding, NumericBins, Spec
from tocsin.profile.views import AXES, vectors, views

MOST_CATEGORIES = 50
MOST_CLASSES = 20
"""Classes that are told apart, answers and outcomes alike; rarer ones count together."""
MOST_SLICES = 50
"""Values of one attribute that are profiled as slices; rarer ones count in everyone only."""
MOST_OTHERS = 5000
"""Rarer values of a categorical column that are still known to have been in the reference."""
ROWS_FOR_AXES = 2000
"""Vectors that an embedding's axes are learnt from."""
ROWS_FOR_BORDERS = 200_000
"""Rows that borders are learnt from, evenly spaced; more would move no border noticeably."""
FEWEST_NUMBERS = 20
"""Whole numbers with at most this many distinct values are codes, not amounts."""
_FEWEST_CLASSES = 2

_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def learn(table: pa.Table, system: System) -> Spec:
    """Return the spec of `system`, learnt from its reference.

    Args:
        table: the reference as the user has it, their column names; at least one row.
        system: names the columns' roles; `features` empty means every column without a role.

    Returns:
        A spec whose schema, bins, categories and slices cover the reference.

    Raises:
        BadInput: the reference is empty, a named column is missing, stands twice or has an
            unusable type, scores leave [0, 1], or predictions or labels are not two classes (or,
            where one of several is chosen, fewer; or, of a ranking, no lists).
    """
    where = f"reference of {system.name}"
    if table.num_rows == 0:
        raise BadInput("the reference has no rows", where=where, do="give at least a few hundred")
    check_columns(table, system, where)
    _check_answers(table, system, where)
    fields = tuple(Field(name, kind) for name, kind in _features(table, system, where))
    attributes = tuple(_attribute(table, name) for name in system.attributes)
    embeddings = tuple(_embedding(table, f) for f in fields if f.kind is FieldKind.EMBEDDING)
    estimate, error = _answers(table, system)
    schema = Schema(fields, attributes)
    return Spec(
        system=system.name,
        schema=schema,
        numeric=tuple(_grids(table, system, fields, embeddings)),
        categorical=tuple(
            _categories(table, field)
            for field in fields
            if field.kind in {FieldKind.CATEGORICAL, FieldKind.BOOLEAN}
        ),
        slices=tuple(_slices(table, attributes)),
        positive=canonical(system.columns.positive),
        threshold=system.threshold,
        bucket_s=system.bucket_s,
        kind=system.kind,
        embeddings=embeddings,
        estimate=estimate,
        error=error,
        classes=_known_classes(table, system),
        texts=tuple(
            field.name
            for field in fields
            if field.kind in {FieldKind.CATEGORICAL, FieldKind.TEXT}
            and arrays.is_text(arrays.whole(table.column(field.name)).type)
        ),
        rules=fitting(system, schema),
        top=system.top if system.kind is Kind.RANKING else 0,
        timeouts=True,
        capacity=True,
        paired=paired(system, fields),
        paired_every=every(table.num_rows),
        told_by=told_by(table, [f.name for f in fields], timed=system.columns.time is not None),
    )


def _check_answers(table: pa.Table, system: System, where: str) -> None:
    """Refuse answers and labels that a system of this kind cannot give."""
    if system.kind is Kind.REGRESSION:
        for name in filter(None, (system.estimate, system.columns.label)):
            _floats(table, name, where)
        return
    if system.kind is Kind.RANKING:
        check_lists(table, system, where)
        return
    if system.kind is Kind.MULTICLASS:
        if system.columns.prediction is None:
            raise BadInput("classes need a column", where=where, do="set columns.prediction")
        classes = _named(table, system.columns.prediction)
        if len(classes) < _FEWEST_CLASSES:
            raise BadInput(
                f"column {system.columns.prediction!r} (prediction) holds {len(classes)} classes",
                where=where,
                do="give a reference of at least two",
            )
    else:
        _check_yes_or_no(table, system, where)
    if system.columns.score is not None:
        scores = _floats(table, system.columns.score, where)
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            of = "class that was chosen" if system.kind is Kind.MULTICLASS else "positive class"
            raise BadInput(
                f"column {system.columns.score!r} (score) reaches from {scores.min():g}"
                f" to {scores.max():g}",
                where=where,
                do=f"scores are probabilities of the {of}, from 0 to 1",
            )


def _check_yes_or_no(table: pa.Table, system: System, where: str) -> None:
    columns, positive = system.columns, canonical(system.columns.positive)
    for role, name, fewest in (("prediction", columns.prediction, 1), ("label", columns.label, 2)):
        if name is None:
            continue
        classes = sorted(_times(arrays.mapped(arrays.whole(table.column(name)), _class)))
        shown = ", ".join(classes[:5]) + (", …" if len(classes) > 5 else "")
        if not fewest <= len(classes) <= 2:
            raise BadInput(
                f"column {name!r} ({role}) holds {len(classes)} classes ({shown}), not two",
                where=where,
                do=f"name the column that holds the {role}s of a yes-or-no decision",
            )
        if len(classes) == 2 and positive not in classes:
            raise BadInput(
                f"column {name!r} ({role}) never says {positive!r}, only {shown}",
                where=where,
                do=f"set `positive` to {classes[0]!r} or {classes[1]!r}",
            )


def _named(table: pa.Table, name: str) -> Counter[str]:
    """Return how often each class of several stands in a column."""
    return _times(arrays.mapped(arrays.whole(table.column(name)), named))


def _known_classes(table: pa.Table, system: System) -> tuple[str, ...]:
    """Return the classes that are told apart, by how often they are answered or true.

    Of a ranking, the items that are shown most.
    """
    if system.kind is Kind.RANKING:
        return tuple(_frequent(times_shown(table, system), MOST_CLASSES))
    if system.kind is not Kind.MULTICLASS:
        return ()
    columns = filter(None, (system.columns.prediction, system.columns.label))
    times = Counter[str]()
    for name in columns:
        times += _named(table, name)
    return tuple(_frequent(times, MOST_CLASSES))


def _class(value: object) -> str | None:
    return None if plain(value) is None else canonical(value)


def _features(table: pa.Table, system: System, where: str) -> list[tuple[str, FieldKind]]:
    kinds: list[tuple[str, FieldKind]] = []
    taken = roles(system)
    names = system.features or [
        n for n in table.column_names if n not in taken and n not in system.dropped
    ]
    for name in system.kinds:
        if name not in names:
            raise BadInput(
                f"{name!r} is no feature",
                where=f"systems.{system.name}.kinds.{name}",
                do="the features are " + ", ".join(names),
            )
    for name in names:
        kind = _kind(arrays.whole(table.column(name)))
        if name in system.kinds:
            kind = FieldKind(system.kinds[name])
        elif kind is FieldKind.TIMESTAMP and not system.features:
            continue
        if kind is not None:
            kinds.append((name, kind))
        elif system.features:
            raise BadInput(
                f"feature {name!r} is of type {table.column(name).type}",
                where=where,
                do="turn it into a number, a text, an instant or a list of numbers",
            )
    return kinds


def _kind(column: Column) -> FieldKind | None:
    kind, found = column.type, None
    if pa.types.is_integer(kind):
        distinct = int(pc.count_distinct(column).as_py())
        found = FieldKind.CATEGORICAL if distinct <= FEWEST_NUMBERS else FieldKind.NUMERIC
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        found = FieldKind.NUMERIC
    elif pa.types.is_boolean(kind):
        found = FieldKind.BOOLEAN
    elif pa.types.is_timestamp(kind):
        found = FieldKind.TIMESTAMP
    elif any(is_(kind) for is_ in _LISTS):
        inner = kind.value_type
        if pa.types.is_floating(inner) or pa.types.is_integer(inner):
            found = FieldKind.EMBEDDING
    elif pa.types.is_null(kind):
        found = FieldKind.CATEGORICAL
    elif arrays.is_text(kind):
        # what hardly ever repeats is prose or an identifier: its values tell nothing, its form does
        distinct = int(pc.count_distinct(column).as_py())
        prose = distinct > MOST_CATEGORIES and 2 * distinct > len(column) - column.null_count
        found = FieldKind.TEXT if prose else FieldKind.CATEGORICAL
    return found


def _floats(table: pa.Table, name: str, where: str) -> NDArray[np.float64]:
    """Return the finite values of a column."""
    column = arrays.whole(table.column(name))
    if arrays.is_text(column.type):
        raise BadInput(f"column {name!r} holds text, not numbers", where=where, do="give numbers")
    values = np.asarray(arrays.numbers(column).drop_null(), np.float64)
    return values[np.isfinite(values)]


def _grids(
    table: pa.Table, system: System, fields: Sequence[Field], embeddings: Sequence[Embedding]
) -> Iterator[NumericBins]:
    """Yield a grid per numeric view of each feature.

    Raises:
        BadInput: a feature has the name of another's view.
    """
    some = _sampled(table, ROWS_FOR_BORDERS)
    axes = {one.name: one for one in embeddings}
    seen = {field.name for field in fields}
    for field in fields:
        batch = _in_lake(some, system, field)
        for view in views(batch, field, axes.get(field.name)):
            if view.name != field.name and view.name in seen:
                raise BadInput(
                    f"feature {view.name!r} has the name of what is measured of {field.name!r}",
                    where=f"reference of {system.name}",
                    do="rename one of them",
                )
            values = view.values
            for odd in (view.missing, view.mistyped):
                values = values if odd is None else np.where(odd, np.nan, values)
            values = values[np.isfinite(values)]
            if field.kind is FieldKind.NUMERIC:  # the sample may lack the ends
                every = _floats(table, field.name, field.name)
                values = np.append(values, [every.min(), every.max()]) if every.size else every
            yield bins(view.name, values)


def _in_lake(table: pa.Table, system: System, field: Field) -> Batch:
    """Return one feature's column as it would rest in the lake, with the instants beside it."""
    column = read(arrays.whole(table.column(field.name)), field.kind).column
    time = system.columns.time
    at: Column = pa.nulls(table.num_rows, INSTANT)
    if field.kind is FieldKind.TIMESTAMP and time is not None:
        at = arrays.instants(arrays.whole(table.column(time)), naive_is_utc=True).values
    return Batch({"at": at, f"f_{field.name}": column}, table.num_rows)


def _sampled(table: pa.Table, most: int) -> pa.Table:
    """Return at most so many rows, evenly spaced."""
    n = table.num_rows
    return table if n <= most else table.take(np.arange(most) * n // most)


def _embedding(table: pa.Table, field: Field) -> Embedding:
    """Return the mean and principal axes of a column of vectors, of its commonest length."""
    some = _sampled(table.select([field.name]), ROWS_FOR_AXES)
    column = read(arrays.whole(some.column(field.name)), field.kind).column
    lengths: NDArray[np.int64] = np.asarray(pc.list_value_length(column).drop_null(), np.int64)
    if not len(lengths):
        raise BadInput(
            f"feature {field.name!r} holds no vector", do="leave it out, or give a list of numbers"
        )
    length = int(np.bincount(lengths).argmax())
    matrix, fits = vectors(Batch({"f_x": column}, len(column)), "f_x", length)
    matrix = matrix[fits & np.isfinite(matrix).all(axis=1)]
    mean = matrix.mean(axis=0)
    axes = np.linalg.svd(matrix - mean, full_matrices=False)[2][:AXES]
    # an axis has no direction of its own: its largest part shall be positive
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    return Embedding(field.name, tuple(mean.tolist()), tuple(tuple(a) for a in axes.tolist()))


def _answers(table: pa.Table, system: System) -> tuple[NumericBins | None, NumericBins | None]:
    """Return the grids of a regression's answers and errors; without labels, of their spread."""
    if system.kind is not Kind.REGRESSION:
        return None, None
    where = f"reference of {system.name}"
    if system.estimate is None:
        raise BadInput("a regression needs its answers", where=where, do="set columns.prediction")
    estimate = arrays.dense(arrays.numbers(arrays.whole(table.column(system.estimate))))
    known = estimate[np.isfinite(estimate)]
    if system.columns.label is None:
        errors = known - np.median(known) if known.size else known
    else:
        label = arrays.dense(arrays.numbers(arrays.whole(table.column(system.columns.label))))
        errors = label - estimate
    return bins("estimate", known), bins("error", errors[np.isfinite(errors)])


def _categories(table: pa.Table, field: Field) -> Categories:
    if field.kind is FieldKind.BOOLEAN:
        return Categories(field.name, ("false", "true"))
    times = _times(arrays.texts(arrays.whole(table.column(field.name))))
    known = tuple(_frequent(times, MOST_CATEGORIES + MOST_OTHERS))
    return Categories(field.name, known[:MOST_CATEGORIES], known[MOST_CATEGORIES:])


def _times(column: Column) -> Counter[str]:
    """Return how often each text stands in a column; nulls are not counted."""
    counted = cast("pa.StructArray", pc.value_counts(column.drop_null()))
    values = cast("list[str]", counted.field("values").to_pylist())
    times = cast("list[int]", counted.field("counts").to_pylist())
    return Counter(dict(zip(values, times, strict=True)))


def _frequent(times: Counter[str], most: int) -> Sequence[str]:
    """Return the most frequent texts, ties by alphabet, so that the spec is the same every time."""
    return [v for v, _ in sorted(times.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _attribute(table: pa.Table, name: str) -> Attribute:
    if _kind(arrays.whole(table.column(name))) is not FieldKind.NUMERIC:
        return Attribute(name)
    values = _floats(table, name, name)
    if values.size == 0:
        return Attribute(name)
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    step = 10.0 ** np.floor(np.log10(max(float(values.max() - values.min()), 1e-9) / 10))
    rounded = sorted({float(round(q / step) * step) for q in quartiles})
    # float noise such as 0.30000000000000004 would show in the names of the bands
    clean = sorted({float(f"{edge:.10g}") for edge in rounded})
    low, high = float(values.min()), float(values.max())
    return Attribute(name, tuple(edge for edge in clean if low < edge <= high))


def _slices(table: pa.Table, attributes: Sequence[Attribute]) -> Iterator[str]:
    """Yield the keys of the single slices that are profiled.

    Raises:
        BadInput: so many attributes that even without any value their cube is too large.
    """
    known: list[tuple[str, Sequence[str]]] = []
    for attribute in attributes:
        times = _times(arrays.bands(arrays.whole(table.column(attribute.name)), attribute))
        known.append((attribute.name, _frequent(times, MOST_SLICES)))
    most = MOST_SLICES
    while prod(min(len(values), most) + 2 for _, values in known) > MOST_LEAVES:
        most -= 1
    if most < 1:
        raise BadInput(
            f"{len(known)} slice and protected attributes are too many to be crossed",
            do=f"name at most {int(log(MOST_LEAVES, 3))}",
        )
    for attribute, (name, values) in zip(attributes, known, strict=True):
        kept = values[:most]
        for value in [band for band in attribute.bands if band in kept] or kept:
            yield Slice.of({name: value}).key
