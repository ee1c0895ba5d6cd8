from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, lake_rows, replaced, spec_of, table
from tocsin.profile import sketch
from tocsin.profile.cell import NO_SAMPLE, Sample
from tocsin.profile.cells import vectors
from tocsin.profile.codec import pack_tally, unpack_tally
from tocsin.profile.kernel import profile
from tocsin.profile.layout import distinct_columns
from tocsin.profile.merge import add_up, total
from tocsin.profile.repeats import MOST, ToldBy, joined, samples, told_by
from tocsin.profile.sketch import Hashes
from tocsin.profile.spec import Spec

RAW = table(2000, 5)
SPEC = replace(spec_of(RAW), told_by=ToldBy.INPUTS)


def seen(raw: pa.Table, spec: Spec = SPEC) -> Sample:
    return total([*profile(rows_of(raw), spec).values()]).marks.sample


def rows_of(raw: pa.Table) -> pa.Table:
    """Return all rows, whatever their ids."""
    return lake_rows(raw, SPEC, replace(LENDING, columns=replace(LENDING.columns, id=None)))


def later(raw: pa.Table) -> pa.Table:
    """Return the same decisions made again, under new ids and at other instants."""
    moved = replaced(raw, "id", [f"again {k}" for k in range(raw.num_rows)])
    return replaced(moved, "at", raw["at"].take(np.roll(np.arange(raw.num_rows), 1)).to_pylist())


def by_hand(rows: Hashes) -> Sample:
    values, times = np.unique(rows, return_counts=True)
    return Sample(values[:MOST], times[:MOST].astype(np.int64))


def test_what_is_sent_again_with_new_ids_and_times_came_twice() -> None:
    once, twice = seen(RAW), seen(pa.concat_tables([RAW, later(RAW)]))
    assert np.array_equal(once.hashes, twice.hashes)
    assert np.array_equal(2 * once.times, twice.times)
    assert len(once.hashes) == MOST


def test_where_the_instant_tells_the_same_inputs_at_another_instant_are_another_decision() -> None:
    timed = replace(SPEC, told_by=ToldBy.INSTANT)
    assert (seen(pa.concat_tables([RAW, later(RAW)]), timed).times == 1).all()
    assert (seen(pa.concat_tables([RAW, RAW]), timed).times == 2).all()


@pytest.mark.parametrize("column", ["education_years", "income", "purpose", "score"])
def test_a_decision_that_differs_in_one_value_is_another(column: str) -> None:
    values: list[Any] = RAW[column].to_pylist()
    other: Any = values[-1] + "?" if isinstance(values[-1], str) else values[-1] / 2 + 0.01
    changed = replaced(RAW, column, [*values[:-1], other])
    assert not np.array_equal(seen(RAW.slice(1999)).hashes, seen(changed.slice(1999)).hashes)


def test_values_that_change_places_between_columns_are_another_decision() -> None:
    one = replaced(RAW.slice(0, 1), "income", [7.0])
    two = replaced(RAW.slice(0, 1), "income", [9.0])
    one, two = replaced(one, "education_years", [9.0]), replaced(two, "education_years", [7.0])
    assert seen(one).hashes[0] != seen(two).hashes[0]


def test_any_split_gives_the_same_sample() -> None:
    rows = rows_of(pa.concat_tables([RAW, RAW.slice(0, 700), RAW.slice(0, 50)]))
    whole = total([*profile(rows, SPEC).values()]).marks.sample
    r = np.random.default_rng(3)
    for parts in (2, 7):
        part_of = r.integers(0, parts, rows.num_rows)
        own = [np.flatnonzero(part_of == k) for k in range(parts)]
        split = [profile(rows.take(some), SPEC) for some in own]
        again = total([*add_up(split).values()]).marks.sample
        assert whole.same_as(again)
    assert whole.times.max() == 3


@pytest.mark.parametrize(("n", "distinct"), [(0, 1), (5, 9), (3000, 3000), (3000, 900), (9000, 2)])
def test_a_sample_is_the_smallest_hashes_with_their_times(n: int, distinct: int) -> None:
    r = np.random.default_rng(n + distinct)
    rows = r.integers(0, 2**63, distinct).astype(np.uint64)[r.integers(0, distinct, n)]
    moment = r.integers(0, 3, n).astype(np.uint32)
    mixed = sketch.mixed(rows.copy())
    found = samples(mixed, moment, 3) if n else [NO_SAMPLE] * 3
    for number in range(3):
        assert found[number].same_as(by_hand(mixed[moment == number]))
    assert joined(found).same_as(by_hand(mixed))


def test_prose_is_told_apart_by_every_byte_and_its_different_texts_are_counted() -> None:
    # texts that share beginnings, of all lengths around eight bytes
    texts = [("é" * (k % 11)) + f"{k:x}" + "z" * (k % 9) for k in range(2000)]
    raw = RAW.append_column("note", pa.array([None, *texts[1:]]))
    spec = replace(spec_of(raw), told_by=ToldBy.INPUTS)
    assert distinct_columns(spec)[-1] == "note"
    rows = lake_rows(raw, spec)
    marks = total([*profile(rows, spec).values()]).marks
    assert sketch.distinct(marks.registers[-1]) == pytest.approx(2000, rel=0.2)
    # sliced, dictionary-encoded and in parts: the same registers and the same decisions
    place = rows.column_names.index("f_note")
    column: Any = rows["f_note"].combine_chunks()
    coded = rows.set_column(place, "f_note", column.dictionary_encode())
    for other in (coded, pa.concat_tables([rows.slice(0, 77), rows.slice(77)])):
        again = total([*profile(other, spec).values()]).marks
        assert again.same_as(marks)
    ends = [f"the same beginning {k % 256:02x}" for k in range(2000)]
    few = total([*profile(lake_rows(replaced(raw, "note", ends), spec), spec).values()]).marks
    assert sketch.distinct(few.registers[-1]) == pytest.approx(256, rel=0.2)


def test_counts_of_an_earlier_release_have_no_sample_and_are_read_on() -> None:
    earlier = replace(SPEC, told_by="")
    assert earlier.hash != SPEC.hash
    tally = total([*profile(lake_rows(RAW, earlier), earlier).values()])
    assert len(tally.marks.sample.hashes) == 0
    assert unpack_tally(pack_tally(tally), earlier).same_as(tally)
    now = total([*profile(lake_rows(RAW, SPEC), SPEC).values()])
    assert unpack_tally(pack_tally(now), SPEC).same_as(now)
    assert len(pack_tally(now)) < len(pack_tally(tally)) + 16.1 * MOST
    same = vectors(tally, earlier)
    assert all(np.array_equal(counts, same[key]) for key, counts in vectors(now, SPEC).items())


def test_the_instant_is_asked_where_inputs_repeat_by_themselves() -> None:
    r = np.random.default_rng(1)
    rich = pa.table({"x": r.normal(0, 1, 900), "c": r.choice(["a", "b"], 900)})
    coarse = pa.table({"x": r.integers(0, 9, 900), "c": r.choice(["a", "b"], 900)})
    assert told_by(rich, ["x", "c"], timed=True) == ToldBy.INPUTS
    assert told_by(coarse, ["x", "c"], timed=True) == ToldBy.INSTANT
    assert told_by(coarse, ["x", "c"], timed=False) == ToldBy.INPUTS
    assert told_by(coarse, [], timed=True) == ToldBy.INSTANT
