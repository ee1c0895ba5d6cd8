"""Features: what the inputs of one batch add to a profile, per moment and single slice value.

Every value of a column has one code: its bin, or the place of what is odd about it.
"""

import numpy as np
from numpy.typing import NDArray

from tocsin.ingest.rows import MISTYPED, MISTYPED_BETWEEN
from tocsin.ingest.rule import Rule
from tocsin.ingest.system import Kind
from tocsin.profile import loops, pairs, repeats, rules, sketch
from tocsin.profile.cell import Counts, Marks
from tocsin.profile.columns import Batch, Codes, Flags, Known, Words, known
from tocsin.profile.grid import tables
from tocsin.profile.groups import Groups
from tocsin.profile.layout import ODD, RULED, SQUARE_UNITS, Layout, distinct_columns
from tocsin.profile.sketch import Hashes
from tocsin.profile.spec import Categories, NumericBins
from tocsin.profile.views import View, views

_MISSING, _MISTYPED = (1 + ODD.index(name) for name in ("missing", "mistyped"))


class Numbers:
    """The counts of one numeric column of a batch; see `loops.count_numbers` for the shapes."""

    def __init__(
        self,
        view: View,
        bins: NumericBins,
        groups: Groups,
        cells: int,
        wrong: Flags | None,
        *,
        whole: "Whole | None" = None,
        rank: pairs.Ranks = pairs.NO_RANKS,
    ) -> None:
        """Count `view`.

        Args:
            view: values of all rows.
            bins: their grid.
            groups: tells the rows of the results that each value adds to.
            cells: the second axis of `hist`.
            wrong: rows of another type besides those that the view knows.
            whole: what the values add to of whole rows, if anything.
            rank: where the values' ranks go, if anywhere.
        """
        size, moments = len(bins.edges) - 1 + len(ODD), groups.moments
        self.hist: Counts = np.zeros((len(groups.cells), cells, size), np.int64)
        self.sums: Counts = np.zeros((len(groups.sizes), 2), np.int64)
        self.lowest, self.highest = np.full(moments, np.inf), np.full(moments, -np.inf)
        self.least = np.full((moments, sketch.REGISTERS), sketch.NOTHING, np.uint64)
        edges, table = tables(bins)
        loops.count_numbers(
            np.ascontiguousarray(view.values),
            _odd(view, wrong),
            table,
            edges,
            bins.centre,
            bins.unit,
            SQUARE_UNITS * bins.unit,
            groups.cells,
            groups.group,
            groups.moment,
            self.hist,
            self.sums,
            self.least,
            self.lowest,
            self.highest,
            np.uint64(1) if whole is None else whole.next_key(),
            NO_ROWS if whole is None else whole.rows,
            pairs.of_number(bins),
            rank,
        )


class Whole:
    """The hashes of whole rows, shape (n,), under way: each column adds its own, times its key."""

    def __init__(self, n: int) -> None:
        """Begin with rows that nothing is known of; n of 0: they are not asked for."""
        self.rows: Hashes = np.zeros(n, np.uint64)
        self._columns = 0

    def next_key(self) -> np.uint64:
        """Return the key of the next column."""
        self._columns += 1
        return repeats.key_of(self._columns)

    def add(self, hashes: Hashes) -> None:
        """Add a column, of which rows without a value are 0."""
        key = self.next_key()
        if len(self.rows):
            self.rows += hashes * key

    def of_words(self, words: Words, of: Known) -> Hashes:
        """Return what each text of the next column adds, and two codes more, which are no text."""
        key = self.next_key()
        if not len(self.rows):
            return NO_ROWS
        return np.append(words.hashes(of) * key, np.zeros(2, np.uint64))


NO_ROWS: Hashes = np.zeros(0, np.uint64)


def count(batch: Batch, groups: Groups, layout: Layout) -> tuple[Counts, list[Marks]]:
    """Return the feature counts of a batch, shape (moments, slices + 1, width), and its marks."""
    spec, counting = layout.spec, _Counting(batch, groups, layout)
    bins = {one.name: one for one in spec.numeric}
    embeddings = {one.name: one for one in spec.embeddings}
    mistyped = _mistyped(batch)
    for field in spec.schema.features:
        wrong = mistyped.get(field.name)
        for view in views(batch, field, embeddings.get(field.name)):
            counting.numeric(bins[view.name], view, wrong)
    for categories in spec.categorical:
        counting.categorical(categories, batch, mistyped.get(categories.name))
    for name in spec.texts:
        counting.garbled(name, batch)
    for name in distinct_columns(spec)[len(spec.numeric) + len(spec.categorical) :]:
        counting.texts(name, batch)
    fields = {field.name: field for field in spec.schema.features}
    for rule in spec.rules:
        counting.rule(rule, rules.judged(batch, rule, fields, mistyped))
    registers = sketch.from_least(counting.least)
    low, high = counting.lowest, counting.highest
    rows = counting.rows(batch)
    samples = repeats.samples(rows, groups.moment, groups.moments)
    paired = counting.pairs(batch, rows)
    marks = [Marks(*one) for one in zip(registers, low, high, samples, paired, strict=True)]
    return counting.cells, marks


class _Counting:
    """Counts of one batch under way: `cells` are (moments, slices + 1, feature width)."""

    def __init__(self, batch: Batch, groups: Groups, layout: Layout) -> None:
        spec, self._groups, self._layout = layout.spec, groups, layout
        self._whole = Whole(batch.n if spec.told_by else 0)
        numeric = {bins.name for bins in spec.numeric}.intersection(spec.paired)
        self._ranks = {name: np.empty(batch.n, np.int8) for name in numeric}
        self._coded: dict[str, tuple[pairs.Ranks, Codes]] = {}
        self._most = max(attribute.size for attribute in groups.attributes) * groups.moments
        width = layout.width - layout.outcomes
        self.cells: Counts = np.zeros((groups.moments, len(spec.slices) + 1, width), np.int64)
        numeric = len(spec.numeric)
        columns = distinct_columns(spec)
        shape = (groups.moments, len(columns), sketch.REGISTERS)
        self.least = np.full(shape, sketch.NOTHING, np.uint64)
        self.lowest = np.full((groups.moments, numeric), np.inf)
        self.highest = np.full((groups.moments, numeric), -np.inf)
        self._column = {name: k for k, name in enumerate(columns)}

    def numeric(self, bins: NumericBins, view: View, wrong: Flags | None) -> None:
        """Count one numeric view."""
        counted = Numbers(
            view,
            bins,
            self._groups,
            self._most,
            wrong,
            whole=self._whole,
            rank=self._ranks.get(bins.name, pairs.NO_RANKS),
        )
        name = f"f_{bins.name}"
        self._put(f"{name}.hist", counted.hist)
        self._put(f"{name}.sum", self._by_value(counted.sums))
        column = self._column[bins.name]
        self.least[:, column] = counted.least
        self.lowest[:, column], self.highest[:, column] = counted.lowest, counted.highest

    def categorical(self, categories: Categories, batch: Batch, wrong: Flags | None) -> None:
        """Count one categorical column."""
        groups, name, size = self._groups, f"f_{categories.name}", len(categories.values) + 4
        words, of_row = batch.words(name)
        n, of = len(words.texts), known(categories.values, categories.others)
        place = np.append(words.places(of), size - 1)
        if wrong is not None:
            of_row = np.where(wrong, n + 1, of_row)
        self._coded[categories.name] = pairs.of_category(categories, place), of_row
        hist = np.zeros((len(groups.attributes), self._most, size), np.int64)
        seen = np.zeros((groups.moments, n + 2), np.bool_)
        loops.count_words(
            of_row.astype(np.uint32, copy=False),
            place.astype(np.uint32),
            groups.cells,
            groups.moment,
            hist,
            seen,
            self._whole.of_words(words, of),
            self._whole.rows,
        )
        self._put(f"{name}.counts", hist)
        column, hashes = self._column[categories.name], words.hashes(of)
        for moment in range(groups.moments):
            sketch.note(self.least[moment, column], hashes[seen[moment, :n]])

    def texts(self, feature: str, batch: Batch) -> None:
        """Note the distinct texts of one feature."""
        starts, words = batch.bytes_of(f"f_{feature}")
        loops.count_texts(
            starts,
            words,
            batch.present(f"f_{feature}"),
            self._groups.moment,
            self.least[:, self._column[feature]],
            self._whole.next_key(),
            self._whole.rows,
        )

    def rows(self, batch: Batch) -> Hashes:
        """Return the hash of each whole row, once all features are counted; none if not asked."""
        whole, spec = self._whole, self._layout.spec
        if not len(whole.rows):
            return NO_ROWS
        score = batch.floats("score")
        whole.add(np.where(np.isnan(score), np.uint64(0), sketch.hashes(score)))
        if spec.kind is Kind.MULTICLASS:
            words, of_row = batch.words("prediction")
            whole.rows += whole.of_words(words, known(())).take(of_row)
        if spec.told_by == repeats.ToldBy.INSTANT:
            whole.add(sketch.mixed(batch.ticks("at").astype(np.uint64)))
        return sketch.mixed(whole.rows)

    def pairs(self, batch: Batch, rows: Hashes) -> list[Counts]:
        """Return how inputs hang together at each moment, once all are counted."""
        spec, groups, found = self._layout.spec, self._groups, list[pairs.Ranks]()
        some = pairs.chosen(rows, spec.paired_every) if spec.paired else slice(0)
        for name in spec.paired:
            if name in self._ranks:
                found.append(self._ranks[name][some])
            elif name in self._coded:
                code, of_row = self._coded[name]
                found.append(code.take(of_row[some]))
            else:
                found.append(pairs.of_score(batch.floats("score")[some]))
        ranks = np.array(found, np.int8)
        return pairs.by_moment(ranks, groups.moment[some], groups.moments)

    def garbled(self, feature: str, batch: Batch) -> None:
        """Count the texts of one feature whose encoding broke."""
        flags = batch.garbled(f"f_{feature}")
        if flags.any():
            counted = np.bincount(self._groups.group[flags], minlength=len(self._groups.sizes))
            self._put(f"f_{feature}.garbled", self._by_value(counted[:, None]))

    def rule(self, rule: Rule, codes: rules.Codes) -> None:
        """Count the rows that break a rule and those that keep it."""
        groups, size = self._groups, rules.NOT_ASKED + 1
        hist = np.zeros((len(groups.attributes), self._most, size), np.int64)
        seen = np.zeros((groups.moments, size), np.bool_)
        loops.count_words(
            codes,
            np.arange(size, dtype=np.uint32),
            groups.cells,
            groups.moment,
            hist,
            seen,
            NO_ROWS,
            NO_ROWS,
        )
        self._put(f"{rule.place}.{RULED[0]}", hist[..., : len(RULED)])

    def _put(self, name: str, sums: Counts) -> None:
        """Write counts of shape (attributes, cells, size) into the places from `name` on.

        Everyone is the sum over the values of any one attribute.
        """
        start = self._layout.places[name].start - self._layout.outcomes
        stop, moments = start + sums.shape[-1], self._groups.moments
        for number, attribute in enumerate(self._groups.attributes):
            own = sums[number, : moments * attribute.size].reshape(moments, attribute.size, -1)
            rows = slice(attribute.first, attribute.first + attribute.known)
            self.cells[:, rows, start:stop] = own[:, : attribute.known]
            if number == 0:
                self.cells[:, 0, start:stop] = own.sum(axis=1)

    def _by_value(self, per_group: Counts) -> Counts:
        """Return sums per group, shape (G, size), as sums per attribute and cell."""
        attributes = self._groups.attributes
        sums = np.zeros((len(attributes), self._most, per_group.shape[1]), np.int64)
        for number, attribute in enumerate(attributes):
            np.add.at(sums[number], attribute.of_group, per_group)
        return sums


def _odd(view: View, wrong: Flags | None) -> NDArray[np.uint8]:
    """Return 1 + the place in `ODD` of each row without a value, 0 elsewhere; empty: none."""
    if view.missing is None and view.mistyped is None and wrong is None:
        return np.zeros(0, np.uint8)
    odd = np.zeros(len(view.values), np.uint8)
    for flags, code in (
        (view.missing, _MISSING),
        (view.mistyped, _MISTYPED),
        (wrong, _MISTYPED),
    ):
        if flags is not None:
            odd[flags] = code
    return odd


def _mistyped(batch: Batch) -> dict[str, Flags]:
    """Return where each feature's value was of another type than the feature."""
    if MISTYPED not in batch:
        return {}
    words, of_row = batch.words(MISTYPED)
    flags: dict[str, Flags] = {}
    for number, text in enumerate(words.texts.to_pylist()):
        for feature in text.split(MISTYPED_BETWEEN):
            held = flags.setdefault(feature, np.zeros(batch.n, np.bool_))
            held |= of_row == number
    return flags
