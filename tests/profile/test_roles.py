"""What the columns of a reference mean, and that it has them, each once."""

import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, table
from tocsin.base.errors import BadInput
from tocsin.profile.roles import check_columns, roles


def test_every_named_column_has_its_role_and_attributes_are_slices() -> None:
    found = roles(LENDING)
    assert found["approved"] == "prediction"
    assert found["repaid"] == "label"
    assert found["employer"] == found["sex"] == "slice"
    assert "income" not in found


def test_a_column_that_is_not_there_is_named_with_its_role() -> None:
    check_columns(table(10, 1), LENDING, "reference")
    with pytest.raises(BadInput, match="no column 'repaid' \\(named as label\\)") as error:
        check_columns(table(10, 1).drop_columns(["repaid"]), LENDING, "reference")
    assert "income" in str(error.value), "it says what there is"


def test_a_column_that_stands_twice_is_refused() -> None:
    raw = table(10, 1)
    twice = raw.append_column("income", pa.nulls(10))
    with pytest.raises(BadInput, match="'income' stands twice"):
        check_columns(twice, LENDING, "reference")
