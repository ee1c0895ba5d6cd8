from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, START, replaced, spec_of, table
from tocsin.detect.raw import Raw, Sort, columns, counts
from tocsin.ingest.rows import INSTANT

RAW = table(500, 1)
SPEC = spec_of(RAW)


def test_what_is_not_finite_is_missing() -> None:
    column = Raw.numbers(np.array([1.0, np.nan, np.inf, 2.0]))
    assert column.floats.tolist() == [1.0, 2.0]
    assert len(column) == 4
    assert Raw.categories(["a", None]).known.tolist() == ["a"]


def test_values_are_counted_over_both() -> None:
    was, now = counts(Raw.categories([*"aab"]), Raw.categories([*"bcc"]))
    assert (was.tolist(), now.tolist()) == ([2, 1, 0], [0, 1, 2])


def test_columns_are_features_answers_outcomes_and_attributes() -> None:
    found = columns(RAW, RAW, SPEC, LENDING)
    assert set(found) == {
        *("education_years", "income", "purpose", "score", "approved", "repaid"),
        *("employer", "sex"),
    }
    assert found["income"][0].sort is Sort.DECIMAL
    assert found["purpose"][0].sort is Sort.CATEGORY
    assert found["approved"][0].sort is Sort.CATEGORY


def test_rows_come_in_order_of_time() -> None:
    backwards = [START + timedelta(hours=500 - k) for k in range(500)]
    late = replaced(RAW, "at", pa.array(backwards, INSTANT))
    (was, now) = columns(RAW, late, SPEC, LENDING)["income"]
    assert now.floats == pytest.approx(was.floats[::-1])


def test_a_column_that_one_file_lacks_is_left_out() -> None:
    assert "income" not in columns(RAW, RAW.drop_columns(["income"]), SPEC, LENDING)
