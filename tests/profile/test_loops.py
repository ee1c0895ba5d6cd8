from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.profile.grids import ODD, around, grids, sought
from tocsin.profile import loops, sketch
from tocsin.profile.grid import Floats, tables
from tocsin.profile.layout import LOSS_UNITS, SCORE_UNITS, SQUARE_UNITS
from tocsin.profile.spec import NumericBins

GRID = NumericBins("x", (-2.0, -1.0, 0.0, 0.5, 3.0), 1e-3, 0.25)


@dataclass
class Numbers:
    """The results of `count_numbers`, all rows in two groups of three moments and one attribute."""

    values: Floats
    grid: NumericBins
    odd: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    every_value_apart: bool = False

    def __post_init__(self) -> None:
        n = len(self.values)
        self.group = np.arange(n, dtype=np.uint32) % 2
        self.moment = np.arange(n, dtype=np.uint32) % 3
        own = np.arange(n, dtype=np.uint32)
        self.cells = np.stack([own if self.every_value_apart else self.group, self.moment])
        size = len(self.grid.edges) - 1 + 5
        self.hist = np.zeros((2, max(n, 3), size), np.int64)
        self.sums = np.zeros((2, 2), np.int64)
        self.least = np.full((3, sketch.REGISTERS), sketch.NOTHING, np.uint64)
        self.lowest, self.highest = np.full(3, np.inf), np.full(3, -np.inf)
        self.row, self.rank = np.zeros(n, np.uint64), np.zeros(n, np.int8)
        edges, table = tables(self.grid)
        loops.count_numbers(
            self.values,
            self.odd,
            table,
            edges,
            self.grid.centre,
            self.grid.unit,
            SQUARE_UNITS * self.grid.unit,
            self.cells,
            self.group,
            self.moment,
            self.hist,
            self.sums,
            self.least,
            self.lowest,
            self.highest,
            np.uint64(3),
            self.row,
            np.arange(size, dtype=np.int8),
            self.rank,
        )


@settings(deadline=None)
@given(grids(), st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_the_bin_of_every_double_is_that_of_a_binary_search(
    grid: NumericBins, more: list[float]
) -> None:
    values = np.concatenate([around(grid)[::7], grid.edges, ODD, more])
    found = Numbers(values, grid, every_value_apart=True)
    counted = found.hist[0]
    assert np.array_equal(found.rank[: len(values)], counted[: len(values)].argmax(1))
    assert np.array_equal(counted.sum(axis=1), np.ones(len(values)))
    assert np.array_equal(counted.argmax(axis=1), sought(grid, values))


@settings(deadline=None)
@given(st.lists(st.floats(), min_size=3, max_size=60), st.integers(0, 99))
def test_numbers_are_counted_as_numpy_counts_them(drawn: list[float], seed: int) -> None:
    values, last = np.array(drawn), len(GRID.edges) - 1
    odd = np.random.default_rng(seed).choice([0, 0, 3, 5], len(values)).astype(np.uint8)
    found = Numbers(values, GRID, odd)
    known = np.isfinite(values) & (odd == 0)
    code = np.where(odd > 0, last + odd - 1, last + loops.INVALID - 1)
    code[known] = sought(GRID, values[known])
    hist = np.zeros_like(found.hist)
    for attribute in range(2):
        np.add.at(hist[attribute], (found.cells[attribute], code), 1)
    assert np.array_equal(found.hist, hist)

    away = values[known] - GRID.centre
    with np.errstate(over="ignore"):
        units, squared = (
            np.rint(np.clip(away * (1 / unit), -most, most))
            for unit, most in (
                (GRID.unit, loops.FARTHEST),
                (SQUARE_UNITS * GRID.unit, loops.FARTHEST_SQUARED),
            )
        )
    sums = np.zeros((2, 2), np.int64)
    np.add.at(sums[:, 0], found.group[known], units.astype(np.int64))
    np.add.at(sums[:, 1], found.group[known], (squared * squared).astype(np.int64))
    assert np.array_equal(found.sums, sums)

    for moment in range(3):
        own = values[known & (found.moment == moment)]
        assert found.lowest[moment] == own.min(initial=np.inf)
        assert found.highest[moment] == own.max(initial=-np.inf)
        least = np.full(sketch.REGISTERS, sketch.NOTHING, np.uint64)
        sketch.note(least, sketch.hashes(own))
        assert np.array_equal(found.least[moment], least)
    added = np.where(known, sketch.hashes(np.where(known, values, 0.0)) * np.uint64(3), 0)
    assert np.array_equal(found.row, added.astype(np.uint64))


def test_sums_never_overflow_however_far_and_many_the_values() -> None:
    values = np.full(1 << 20, 1.7e308)
    found = Numbers(values, GRID)
    assert found.sums[0].tolist() == [2**19 * 2**36, 2**19 * 2**36]
    assert Numbers(-values, GRID).sums[0].tolist() == [-(2**19) * 2**36, 2**19 * 2**36]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 2)), max_size=60))
def test_words_are_counted_as_numpy_counts_them(rows: list[tuple[int, int, int]]) -> None:
    word, group, moment = np.array(rows, np.uint32).reshape(-1, 3).T.copy()
    place = np.array([2, 0, 1, 1, 3], np.uint32)
    cells = np.stack([group, moment])
    hist, seen = np.zeros((2, 3, 4), np.int64), np.zeros((3, 5), np.bool_)
    own, row = np.array([7, 1 << 63, 5, 0, 2], np.uint64), np.full(len(word), 1 << 63, np.uint64)
    loops.count_words(word, place, cells, moment, hist, seen, own, row)
    assert np.array_equal(row, own[word] + np.uint64(1 << 63))
    expected, met = np.zeros_like(hist), np.zeros_like(seen)
    for attribute in range(2):
        np.add.at(expected[attribute], (cells[attribute], place[word]), 1)
    met[moment, word] = True
    assert np.array_equal(hist, expected)
    assert np.array_equal(seen, met)


HISTOGRAMS = dict.fromkeys(("score_hist", "pos_hist", "neg_hist"), 100)
SIZES = {"n_by_decider": 5, "tp": 4, "pos_age": 11, "neg_age": 11} | HISTOGRAMS
STARTS = np.cumsum([0, *(SIZES.get(name, 1) for name in loops.PLACES)])
FACTS = ("COUNTED", "FAILED", "ANSWERED", "YES", "LABELLED", "TRUE")
scores = st.one_of(
    st.just(np.nan), st.floats(0, 1), st.integers(0, 100).map(lambda k: round(k / 100, 2))
)
decisions = st.tuples(st.integers(0, 63), st.integers(-1, 4), scores, st.integers(-1, 10))


@settings(deadline=None)
@given(st.lists(decisions, max_size=60), st.floats(0.001, 0.999))
def test_decisions_are_counted_as_numpy_counts_them(
    rows: list[tuple[int, int, float, int]], threshold: float
) -> None:
    columns: Floats = np.array(rows, np.float64).reshape(-1, 4).T
    facts, decider, age = (columns[k].astype(t) for k, t in ((0, "u1"), (1, "i1"), (3, "i1")))
    score: Floats = columns[2].copy()
    edges = np.round(np.linspace(0, 1, 101), 2)
    edges[int(np.clip(np.rint(threshold * 100), 1, 99))] = threshold
    group = np.arange(len(rows), dtype=np.uint32) % 2
    counts = np.zeros((2, STARTS[-1]), np.int64)
    loops.count_decisions(facts, decider, score, edges, age, group, STARTS[:-1], counts)

    is_ = {name: facts & getattr(loops, name) != 0 for name in FACTS}
    counted, answered, yes, true = (is_[k] for k in ("COUNTED", "ANSWERED", "YES", "TRUE"))
    scored, told, labelled = ~np.isnan(score), age >= 0, is_["LABELLED"]
    bin_ = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, 99)
    kept = np.clip(score, loops.LEAST_SCORE, 1 - loops.LEAST_SCORE)
    loss = -np.log(np.where(true, kept, 1 - kept))
    expected = np.zeros_like(counts)

    def put(name: str, rows: NDArray[np.bool_], code: object = 0, weight: object = 1) -> None:
        place = STARTS[loops.PLACES.index(name)] + np.broadcast_to(np.asarray(code), rows.shape)
        amount = np.rint(np.broadcast_to(np.asarray(weight, float), rows.shape)[rows])
        np.add.at(expected, (group[rows], place[rows]), amount.astype(np.int64))

    put("n", counted)
    put("n_error", counted & is_["FAILED"])
    put("n_by_decider", counted & (decider >= 0), decider)
    put("n_prediction", counted & answered)
    put("n_positive", counted & yes)
    put("score_hist", counted & scored, bin_)
    put("score_sum", counted & scored, 0, score * SCORE_UNITS)
    put("score_missing", counted & ~scored & (decider == 0) & answered & ~is_["FAILED"])
    put("n_labelled", labelled)
    put("tp", labelled & answered, np.where(yes, np.where(true, 0, 1), np.where(true, 3, 2)))
    for name, own in (("pos", labelled & true), ("neg", labelled & ~true)):
        put(f"{name}_age", own & told, age)
        put(f"{name}_hist", own & scored, bin_)
    put("loss_sum", labelled & scored, 0, loss * LOSS_UNITS)
    put("loss2_sum", labelled & scored, 0, loss**2 * LOSS_UNITS)
    put("brier_sum", labelled & scored, 0, (score - true) ** 2 * SCORE_UNITS)
    # our logarithm and NumPy's may differ in the last place, which rounds a half the other way
    losses = [STARTS[loops.PLACES.index(name)] for name in ("loss_sum", "loss2_sum")]
    assert np.abs(counts[:, losses] - expected[:, losses]).max() <= len(rows)
    counts[:, losses] = expected[:, losses]
    assert np.array_equal(counts, expected)


@given(st.integers(0, 2**32), st.sampled_from(["<i1", "<i2", "<i4", "<i8"]), st.booleans())
def test_packed_numbers_are_added(seed: int, width: str, beyond: bool) -> None:
    r = np.random.default_rng(seed)
    counts = r.integers(-99, 99, 50)
    wide = np.zeros(3, [("place", "<u4"), ("value", "<i8")])
    wide["place"], wide["value"] = r.permutation(50)[:3], r.integers(2**40, size=3)
    narrow = r.integers(-128, 128, 50).astype(width)
    narrow[wide["place"]] = 0
    expected = counts + narrow
    expected[wide["place"]] += wide["value"]
    wide["place"][2] += 50 * beyond
    assert loops.add_packed(narrow, wide, counts) is not beyond
    assert np.array_equal(counts, expected) is not beyond
