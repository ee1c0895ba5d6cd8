import pyarrow as pa
import pytest

from tocsin.base.errors import BadInput
from tocsin.lake.columns import asked, fitted, lacking, needed

NUMBER, TEXT = pa.schema([("f_x", pa.float64())]), pa.schema([("f_x", pa.string())])
KINDS = [pa.float64(), pa.string(), pa.bool_(), pa.list_(pa.float32()), pa.timestamp("us", "UTC")]


def test_a_feature_of_another_kind_rests_in_a_column_beside() -> None:
    rows = fitted(pa.table({"f_x": ["a"]}), NUMBER)
    assert rows.column_names == ["text_f_x"]
    assert [field.name for field in lacking(NUMBER, rows.schema)] == ["text_f_x"]
    assert fitted(pa.table({"f_x": [1.5]}), NUMBER).column_names == ["f_x"]


@pytest.mark.parametrize("first", KINDS, ids=str)
@pytest.mark.parametrize("then", KINDS, ids=str)
def test_whatever_kind_a_feature_turns_into_it_is_taken_and_read(
    first: pa.DataType, then: pa.DataType
) -> None:
    have = pa.schema([("f_x", first)])
    later = fitted(pa.table({"f_x": pa.array([None], then)}), have)
    both = pa.concat_tables([have.empty_table(), later], promote_options="default")
    for kind in KINDS:
        like = pa.schema([("f_x", kind)])
        assert asked(both, like).schema == like


def test_a_reader_gets_the_kind_it_asks_for() -> None:
    rows = pa.table({"f_x": [1.0, None, None], "text_f_x": [None, "a", None]})
    assert asked(rows, TEXT)["f_x"].to_pylist() == ["1", "a", None]
    assert str(asked(rows, NUMBER)["f_x"].to_pylist()) == "[1.0, nan, None]"
    assert needed(rows.schema, NUMBER) == ["f_x", "text_f_x"]


def test_a_column_that_was_never_stored_is_null() -> None:
    assert asked(pa.table({"f_y": [1.0]}), TEXT)["f_x"].to_pylist() == [None]


def test_a_feature_whose_name_begins_like_a_column_beside_stays_itself() -> None:
    rows = pa.table({"f_x": [1.0], "f_text_f_x": ["a"]})
    assert asked(rows, NUMBER)["f_x"].to_pylist() == [1.0]


def test_only_features_may_change_their_kind() -> None:
    with pytest.raises(BadInput, match="score is string, stored so far as double"):
        fitted(pa.table({"score": ["a"]}), pa.schema([("score", pa.float64())]))
