from dataclasses import replace

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.lake.rows import predictions
from tocsin.ingest.privacy import guarded, guarded_reference, hashed, stored_ids
from tocsin.ingest.rows import Accepted
from tocsin.ingest.system import Columns, System

SECRET = b"of this installation"
SYSTEM = System(name="loans", columns=Columns(id="application"), hashed=("application", "region"))


@given(st.text(), st.text())
def test_equal_values_and_only_those_have_equal_hashes(one: str, other: str) -> None:
    assert (hashed(one, SECRET) == hashed(other, SECRET)) == (one == other)


def test_a_hash_tells_nothing_without_the_secret() -> None:
    assert hashed("north", SECRET) != hashed("north", b"of another")
    assert "north" not in hashed("north", SECRET)


def test_ids_and_attributes_are_stored_as_hashes_and_what_is_unknown_stays_so() -> None:
    rows = predictions(["a", "b"], regions=("north", None))
    stored = guarded(Accepted(rows, (), 0, ()), SYSTEM, SECRET).table
    assert stored.schema == rows.schema
    assert stored["id"].to_pylist() == [hashed("a", SECRET), hashed("b", SECRET)]
    assert stored["s_region"].to_pylist() == [hashed("north", SECRET), None]
    assert stored["f_income"].equals(rows["f_income"])
    assert stored_ids(["a"], SYSTEM, SECRET) == [hashed("a", SECRET)]


def test_a_reference_has_the_values_that_rows_will_have() -> None:
    table = pa.table({"application": ["a"], "region": [3.0], "income": [1]})
    found = guarded_reference(table, SYSTEM, SECRET)
    assert found.to_pydict() == {
        "application": ["a"],
        "region": [hashed("3", SECRET)],
        "income": [1],
    }


def test_without_a_treatment_nothing_changes() -> None:
    plain = replace(SYSTEM, hashed=())
    accepted = Accepted(predictions(["a"]), (), 0, ())
    assert guarded(accepted, plain, SECRET).table.equals(accepted.table)
    assert stored_ids(["a"], plain, SECRET) == ["a"]
