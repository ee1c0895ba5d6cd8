"""A first configuration is guessed, valid, and says what it took each column for."""

import pyarrow as pa
import pytest

from tocsin.base.errors import BadInput
from tocsin.config.guess import guess, to_yaml
from tocsin.config.load import load
from tocsin.ingest.system import Kind


def table(**more: list[object]) -> pa.Table:
    return pa.table(
        {
            "application_id": ["a", "b", "c"],
            "score": [0.1, 0.5, 0.9],
            "approved": [0, 0, 1],
            "repaid": ["no", "yes", "no"],
            "region": ["north", "south", "north"],
            "sex": ["f", "m", "f"],
            "income": [1.0, 2.0, 3.0],
            **more,
        }
    )


def test_roles_come_from_names_and_values() -> None:
    guessed = guess(table())
    assert guessed.roles == {
        "id": "application_id",
        "score": "score",
        "prediction": "approved",
        "label": "repaid",
    }
    assert (guessed.slices, guessed.protected, guessed.positive) == (("region",), ("sex",), "true")


def test_the_file_is_a_valid_configuration() -> None:
    text = to_yaml(guess(table()), system="loan", reference="data/ref 1.parquet")
    system = load(text, "tocsin.yaml").systems["loan"]
    assert system.reference == "data/ref 1.parquet"
    assert system.columns.label == "repaid"


def test_other_words_for_yes_are_found_by_rarity() -> None:
    assert guess(table(label=["good", "bad", "good"])).positive == "bad"


def test_a_table_without_any_decision_is_refused() -> None:
    with pytest.raises(BadInput, match="score or a decision"):
        guess(pa.table({"income": [1.0]}))


def test_answers_that_are_amounts_are_a_regression() -> None:
    amounts = pa.table({"id": ["a", "b", "c"], "pred": [1.5, 2.5, 9.0], "y": [1.0, 2.0, 8.0]})
    guessed = guess(amounts)
    assert guessed.roles == {"id": "id", "prediction": "pred", "label": "y"}
    system = load(to_yaml(guessed, system="s", reference="r.csv"), "tocsin.yaml").systems["s"]
    assert system.kind is Kind.REGRESSION


def test_a_few_names_or_codes_are_classes() -> None:
    said, meant = ["cat", "dog", "fox", "cat"], ["cat", "fox", "fox", "dog"]
    named = pa.table({"id": [*"abcd"], "score": [0.5] * 4, "pred": said, "y": meant})
    codes = pa.table({"pred": [0, 1, 2, 1], "y": [0, 1, 2, 2]})
    for table, roles in (
        (named, {"id": "id", "score": "score", "prediction": "pred", "label": "y"}),
        (codes, {"prediction": "pred", "label": "y"}),
        (codes.drop_columns(["y"]), {"prediction": "pred"}),
    ):
        guessed = guess(table)
        assert (guessed.kind, guessed.roles) == (Kind.MULTICLASS, roles)
        text = to_yaml(guessed, system="s", reference="r.csv")
        assert "positive" not in text
        assert load(text, "tocsin.yaml").systems["s"].kind is Kind.MULTICLASS


@pytest.mark.parametrize(
    ("pred", "y", "kind"),
    [
        ([1, 0, 1, 0] * 15, ["a", "b", "c", "a"] * 15, Kind.BINARY),
        ([float(k) for k in range(60)], [float(k) for k in range(60)], Kind.REGRESSION),
    ],
)
def test_yes_or_no_and_amounts_are_no_classes(
    pred: list[object], y: list[object], kind: Kind
) -> None:
    assert guess(pa.table({"pred": pred, "y": y})).kind is kind


def test_more_names_than_classes_can_be_are_not_taken_for_any() -> None:
    with pytest.raises(BadInput, match="no column looks like"):
        guess(pa.table({"pred": [f"note {k}" for k in range(51)]}))
