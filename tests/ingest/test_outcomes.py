from datetime import UTC, datetime

import pyarrow as pa

from tests.ingest.lending import NOW, SYSTEM
from tocsin.ingest.outcomes import validate
from tocsin.ingest.rows import OUTCOMES
from tocsin.ingest.system import Columns, Kind, System


def test_labels_arrive_in_canonical_form() -> None:
    rows = [{"id": str(k), "label": v} for k, v in enumerate([True, 1, "no", "0", 1.0])]
    found = validate(rows, SYSTEM, NOW)
    assert found.table.schema == OUTCOMES
    assert found.table["label"].to_pylist() == ["true", "true", "false", "false", "true"]


def test_a_label_is_known_when_the_sender_says_and_otherwise_now() -> None:
    rows = [{"id": "a", "at": "2026-11-19T00:00:00Z", "label": 1}, {"id": "b", "label": 1}]
    found = validate(rows, SYSTEM, NOW)
    assert found.table["at"].to_pylist() == [datetime(2026, 11, 19, tzinfo=UTC), NOW]


def test_a_wrong_label_value_is_refused_with_what_is_expected() -> None:
    rows = [{"id": "a", "label": "maybe"}, {"id": "b", "label": None}, {"id": "c", "label": 2}]
    found = validate(rows, SYSTEM, NOW)
    assert found.table.num_rows == 0
    assert [r.reason for r in found.rejected] == [
        "label 'maybe' must be true or false (or 1, 0)",
        "label is missing",
        "label '2' must be true or false (or 1, 0)",
    ]


def test_where_yes_is_a_word_every_other_word_is_a_no() -> None:
    system = System(name="s", columns=Columns(positive="repaid"))
    found = validate([{"id": "a", "label": "default"}], system, NOW)
    assert found.table["label"].to_pylist() == ["default"]


def test_an_outcome_from_the_future_or_without_an_id_is_refused() -> None:
    rows = [{"id": "a", "at": "2026-11-21T00:00:00Z", "label": 1}, {"label": 1}]
    assert [r.field for r in validate(rows, SYSTEM, NOW).rejected] == ["at", "id"]


def test_a_table_may_use_the_users_own_names() -> None:
    table = pa.table({"application_id": [1, 2, 2], "repaid": [True, False, True], "x": [0, 0, 0]})
    found = validate(table, SYSTEM, NOW, seen={"1"})
    assert found.table.select(["id", "label"]).to_pylist() == [{"id": "2", "label": "false"}]
    assert (found.duplicates, found.ignored_fields) == (2, ("x",))


def test_the_labels_of_a_regression_are_numbers() -> None:
    system = System(name="s", kind=Kind.REGRESSION)
    rows = [{"id": str(k), "label": v} for k, v in enumerate([3, 3.0, "2.5", "dear", None])]
    found = validate(rows, system, NOW)
    assert found.table["label"].to_pylist() == ["3", "3", "2.5"]
    reasons = [r.reason for r in found.rejected]
    assert reasons == ["label must be a finite number", "label is missing"]


def test_the_labels_of_a_choice_are_names_of_classes() -> None:
    system = System(name="s", kind=Kind.MULTICLASS)
    given = [3, 3.0, "3.0", " cat ", "no", 0, True, "1.5", None, "nan", ""]
    found = validate([{"id": str(k), "label": v} for k, v in enumerate(given)], system, NOW)
    named = ["3", "3", "3", "cat", "no", "0", "true", "1.5"]
    assert found.table["label"].to_pylist() == named
    assert {r.reason for r in found.rejected} == {"label is missing"}
    assert [r.id for r in found.rejected] == ["8", "9", "10"]
