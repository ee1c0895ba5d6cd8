"""Suites named in `tocsin.yaml` are read beside it, and what is not watched is said."""

import json

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import Config, load
from tocsin.ingest.rule import Demand, Rule

SMALL = "version: 1\nsystems:\n  loan:\n    reference: r.parquet\n    expectations: {}\n"
AGE = Rule(column="age", demand=Demand.PRESENT, name="not null")
INCOME = Rule(column="income", demand=Demand.ABSENT, name="null")
FILES = {
    "a.json": json.dumps(
        {
            "expectations": [
                {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}},
                {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
                {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 3}},
            ]
        }
    ),
    "b.json": json.dumps(
        {
            "expectations": [
                {
                    "expectation_type": "expect_column_values_to_be_null",
                    "kwargs": {"column": "income"},
                },
                {
                    "expectation_type": "expect_column_values_to_not_be_null",
                    "kwargs": {"column": "age"},
                },
            ]
        }
    ),
    "c.json": "{",
    "d.json": "[]",
}


def read(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory", name)
    return FILES[name]


def loaded(value: str) -> Config:
    return load(SMALL.format(value), "tocsin.yaml", read=read)


def test_one_suite_or_several_give_rules_each_once() -> None:
    assert loaded("a.json").systems["loan"].rules == (AGE,)
    assert loaded("[a.json, b.json]").systems["loan"].rules == (AGE, INCOME)


def test_what_is_left_out_is_said_by_name_in_one_sentence_a_suite() -> None:
    assert loaded("b.json").left_out == ()
    (said,) = loaded("[a.json, b.json]").left_out
    assert said == (
        "a.json: 2 expectations are not watched: expect_column_values_to_be_unique(id) is about"
        " rows side by side, and a row is counted alone; expect_table_column_count_to_equal is"
        " about the whole table or column, not about each row"
    )


def test_without_a_reader_no_suite_is_read() -> None:
    assert load(SMALL.format("c.json"), "tocsin.yaml").systems["loan"].rules == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.json", r"tocsin.yaml:5: 'gone.json' cannot be read \(No such file"),
        ("c.json", "c.json: is no JSON"),
        ("d.json", "d.json: is no expectation suite"),
    ],
)
def test_a_suite_that_cannot_be_used_is_refused(name: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        loaded(name)
