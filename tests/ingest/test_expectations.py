"""Suites of Great Expectations become rules, and what does not is named with the reason."""

from typing import Any

import pytest

from tocsin.base.errors import BadInput
from tocsin.ingest.expectations import Suite, suite
from tocsin.ingest.rule import Apart, Demand, Rule, Sort

PAIR = {"column_A": "paid", "column_B": "owed"}


def read(name: str, *, key: str = "type", **kwargs: Any) -> Suite:
    return suite({"expectations": [{key: name, "kwargs": kwargs}], "meta": {}})


def rule(name: str, **kwargs: Any) -> Rule:
    (only,) = read(name, **kwargs).rules
    return only


def test_the_forms_of_0_18_and_of_1_are_the_same_rule() -> None:
    name = "expect_column_values_to_not_be_null"
    kwargs: dict[str, Any] = {"column": "age", "mostly": 0.9}
    old = read(name, key="expectation_type", **kwargs)
    assert old == read(name, **kwargs)
    assert old.rules == (Rule(column="age", demand=Demand.PRESENT, name="not null", mostly=0.9),)


@pytest.mark.parametrize(
    ("name", "kwargs", "measure"),
    [
        ("values_to_be_null", {}, "breaks null"),
        ("values_to_be_between", {"min_value": 18, "max_value": 99}, "breaks between 18 and 99"),
        ("values_to_be_between", {"min_value": 0, "strict_min": True}, "breaks > 0"),
        (
            "values_to_be_between",
            {"min_value": 0, "max_value": 1, "strict_max": True},
            "breaks ≥ 0 and < 1",
        ),
        ("values_to_be_in_set", {"value_set": ["a", 1, 2.0]}, "breaks in {a, 1, 2}"),
        ("values_to_be_in_set", {"value_set": [*"abcdef"]}, "breaks in {a, b, c, d, … 2 more}"),
        ("values_to_not_be_in_set", {"value_set": [None, True]}, "breaks not in {true}"),
        ("values_to_match_regex", {"regex": "^a+$"}, "breaks matches ^a+$"),
        ("values_to_not_match_regex", {"regex": " "}, "breaks does not match  "),
        ("value_lengths_to_be_between", {"max_value": 3}, "breaks length ≤ 3"),
        ("values_to_be_of_type", {"type_": "int64"}, "breaks of type whole number"),
        ("values_to_be_of_type", {"type_": "DOUBLE_PRECISION"}, "breaks of type number"),
        ("values_to_be_of_type", {"type_": "BooleanType"}, "breaks of type yes or no"),
        ("values_to_be_of_type", {"type_": "datetime64[ns]"}, "breaks of type instant"),
    ],
)
def test_a_rule_is_named_by_what_it_demands(
    name: str, kwargs: dict[str, Any], measure: str
) -> None:
    assert rule(f"expect_column_{name}", column="x", **kwargs).measure == measure


def test_two_columns_are_compared_strictly_unless_told() -> None:
    for name in ("a_to_be_greater_than_b", "A_to_be_greater_than_B"):
        found = rule(f"expect_column_pair_values_{name}", **PAIR)
        assert (found.column, found.other, found.above_low) == ("paid", "owed", True)
    found = rule(
        "expect_column_pair_values_a_to_be_greater_than_b",
        **PAIR,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )
    assert (found.above_low, found.apart, found.name) == (False, Apart.EITHER, "≥ owed")
    assert found.sort is Sort.NUMBER


@pytest.mark.parametrize(
    ("name", "kwargs", "why"),
    [
        ("expect_column_values_to_be_unique", {"column": "x"}, "rows side by side"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["x"]}, "rows side by side"),
        ("expect_column_values_to_be_increasing", {"column": "x"}, "rows side by side"),
        ("expect_column_mean_to_be_between", {"column": "x"}, "whole table or column"),
        ("expect_table_row_count_to_equal", {"value": 3}, "whole table or column"),
        ("expect_column_distinct_values_to_be_in_set", {"column": "x"}, "whole table or column"),
        ("expect_column_values_to_be_json_parseable", {"column": "x"}, "of a sort that is not"),
        ("expect_column_values_to_be_null", {}, "no `column`"),
        (
            "expect_column_values_to_be_null",
            {"column": "x", "row_condition": "y>1"},
            "some rows only",
        ),
        ("expect_column_values_to_be_null", {"column": "x", "mostly": 2}, "no share"),
        (
            "expect_column_values_to_be_between",
            {"column": "x", "min_value": {"$PARAMETER": "low"}},
            "`min_value` that is no number",
        ),
        ("expect_column_values_to_be_between", {"column": "x"}, "neither `min_value` nor"),
        ("expect_column_values_to_be_in_set", {"column": "x"}, "no `value_set`"),
        ("expect_column_values_to_match_regex", {"column": "x", "regex": "("}, "cannot read"),
        ("expect_column_values_to_be_of_type", {"column": "x", "type_": "str"}, "type 'str'"),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            PAIR | {"ignore_row_if": "never"},
            "`ignore_row_if` that is not read",
        ),
    ],
)
def test_what_is_no_rule_is_left_out_with_the_reason(
    name: str, kwargs: dict[str, Any], why: str
) -> None:
    found = read(name, **kwargs)
    assert found.rules == ()
    (left,) = found.left_out
    assert left.name.startswith(name)
    assert why in left.why


def test_rules_of_one_name_are_told_apart_and_twins_are_one() -> None:
    sets = [[*"abcdef"], [*"abcdxy"], [*"abcdef"]]
    listed = [
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "x", "value_set": s}}
        for s in sets
    ]
    names = [one.name for one in suite({"expectations": listed}).rules]
    assert names == ["in {a, b, c, d, … 2 more}", "in {a, b, c, d, … 2 more} (2)"]


@pytest.mark.parametrize("parsed", [[], {}, {"expectations": {}}, "text", None])
def test_what_is_no_suite_is_refused(parsed: object) -> None:
    with pytest.raises(BadInput, match=r"s\.json: is no expectation suite"):
        suite(parsed, where="s.json")
