from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import START
from tocsin.ingest.rows import INSTANT
from tocsin.profile.columns import Batch, Words, batches, known
from tocsin.profile.sketch import text_hashes

TEXTS = ["car", None, "ship", "house", "car", "rare"]
ENCODED: Any = cast("Any", pa.array(TEXTS)).dictionary_encode()
NARROW: Any = ENCODED.cast(pa.dictionary(pa.int8(), pa.string()))


@pytest.mark.parametrize("column", [pa.array(TEXTS), ENCODED, NARROW])
def test_texts_have_the_same_places_however_they_come(column: Any) -> None:
    batch = Batch({"x": column}, len(TEXTS))
    assert batch.places("x", ("house", "car")).tolist() == [1, 3, 2, 0, 1, 2]
    assert batch.equals("x", "car").tolist() == [True, False, False, False, True, False]
    words, of_row = batch.words("x")
    said = [*words.texts.to_pylist(), None]
    assert [said[k] for k in of_row.tolist()] == TEXTS


def test_words_know_their_own_the_others_strangers_and_null() -> None:
    words = Words(pa.array(["ship", "car", "rare"]))
    assert words.places(known(("car",), ("rare",))).tolist() == [2, 0, 1, 3]
    assert words.hashes(known(("car",))).tolist() == text_hashes(["ship", "car", "rare"]).tolist()


def test_a_column_that_is_not_there_is_null() -> None:
    batch = Batch({}, 2)
    assert "x" not in batch
    assert batch.present("x").tolist() == [False, False]
    assert np.isnan(batch.floats("x")).all()
    assert batch.ticks("x").tolist() == [0, 0]
    assert batch.places("x", ("a",)).tolist() == [2, 2]


def test_numbers_are_read_from_numbers_and_from_texts_of_numbers() -> None:
    texts: Any = pa.array(["1.5", None, "1.5"])
    for column in (texts, texts.dictionary_encode(), pa.array([1.5, None, 1.5])):
        found = Batch({"x": column}, 3).numbers("x")
        assert found[[0, 2]].tolist() == [1.5, 1.5]
        assert np.isnan(found[1])


def test_instants_become_microseconds() -> None:
    at = pa.array([START, None], INSTANT)
    ticks = Batch({"at": at}, 2).ticks("at")
    assert ticks.tolist() == [round(START.timestamp() * 1e6), 0]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_batches_are_the_rows_in_order(most: int) -> None:
    rows = pa.table({"x": pa.chunked_array([TEXTS[:2], TEXTS[2:]]), "prose": TEXTS})
    seen: list[Any] = []
    for start, batch in batches(rows, most, {"prose"}):
        assert start == len(seen)
        assert not pa.types.is_dictionary(batch.column("prose").type)
        assert batch.column("x").to_pylist() == batch.column("prose").to_pylist()
        assert batch.take(np.array([0])).n == 1
        seen += batch.column("x").to_pylist()
    assert seen == TEXTS
