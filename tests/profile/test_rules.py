"""Rules are counted as a plain reading of each row would, and as Great Expectations counts them."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, START, lake_rows, table
from tocsin.engine.local import run
from tocsin.ingest.expectations import suite
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.rule import Apart, Demand, Rule, Sort
from tocsin.ingest.system import System
from tocsin.profile.cell import Profile, same
from tocsin.profile.cells import vectors
from tocsin.profile.codec import spec_from_json, spec_to_json
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.merge import total
from tocsin.profile.rules import unfit
from tocsin.profile.spec import Spec

KINDS = {"code": "categorical", "note": "text", "known": "boolean", "opened": "timestamp"}
SYSTEM = replace(LENDING, kinds=KINDS)
PLAIN: list[tuple[str, dict[str, Any]]] = [
    ("values_to_not_be_null", {"column": "paid"}),
    ("values_to_be_null", {"column": "owed"}),
    ("values_to_not_be_null", {"column": "note"}),
    ("values_to_be_between", {"column": "paid", "min_value": -1, "max_value": 0.5}),
    ("values_to_be_between", {"column": "paid", "min_value": 0, "strict_min": True}),
    ("values_to_be_between", {"column": "level", "max_value": 3, "strict_max": True}),
    ("values_to_be_in_set", {"column": "code", "value_set": ["a1", "b2"]}),
    ("values_to_not_be_in_set", {"column": "code", "value_set": ["a1"]}),
    ("values_to_be_in_set", {"column": "level", "value_set": [0, 1, 2]}),
    ("values_to_not_be_in_set", {"column": "level", "value_set": [2]}),
    ("values_to_match_regex", {"column": "code", "regex": r"^[ab]\d$"}),
    ("values_to_match_regex", {"column": "note", "regex": r"(?<=w)o+"}),
    ("values_to_not_match_regex", {"column": "note", "regex": "7"}),
    ("value_lengths_to_be_between", {"column": "note", "min_value": 6, "max_value": 8}),
    ("value_lengths_to_be_between", {"column": "code", "min_value": 2, "strict_min": True}),
]
PAIRS: list[dict[str, Any]] = [
    {},
    {"or_equal": True},
    {"ignore_row_if": "either_value_is_missing"},
    {"ignore_row_if": "neither", "or_equal": True},
]
SUITE = suite(
    {
        "expectations": [
            *({"type": f"expect_column_{name}", "kwargs": kwargs} for name, kwargs in PLAIN),
            *(
                {
                    "type": "expect_column_pair_values_a_to_be_greater_than_b",
                    "kwargs": {"column_A": "paid", "column_B": "owed", **kwargs},
                }
                for kwargs in PAIRS
            ),
        ]
    }
)


def wild(n: int, seed: int) -> pa.Table:
    """Return decisions with features of every kind, a tenth of their values missing."""
    r = np.random.default_rng(seed)
    odd = {
        "paid": np.where(r.random(n) < 0.03, np.nan, np.round(r.normal(0, 1, n), 1)),
        "owed": np.round(r.normal(0, 1, n), 1),
        "level": r.integers(0, 6, n),
        "code": r.choice(["a1", "b2", "c3", "zz9"], n),
        "note": np.array([f"w{'o' * (k % 4)} {r.integers(0, 9999)}" for k in range(n)]),
        "known": r.random(n) < 0.5,
    }
    columns: dict[str, Any] = {name: table(n, seed)[name] for name in table(1, 0).column_names}
    for name, values in odd.items():
        columns[name] = pa.array(values.tolist(), mask=r.random(n) < 0.1)
    opened = [None if k % 9 == 0 else START - timedelta(days=k % 50) for k in range(n)]
    return pa.table({**columns, "opened": pa.array(opened, INSTANT)})


def ruled(raw: pa.Table, *rules: Rule) -> tuple[System, Spec]:
    system = replace(SYSTEM, rules=rules)
    return system, learn(raw, system)


def counted(found: Profile, spec: Spec, slice_: str = "") -> list[tuple[int, int]]:
    """Return of each rule how many rows break it and how many it is asked of."""
    layout, cell = layout_of(spec), vectors(total([*found.values()]), spec)[slice_]
    told = (
        [layout.one(cell, f"{rule.place}.{part}") for part in ("broken", "kept")]
        for rule in spec.rules
    )
    return [(broken, broken + kept) for broken, kept in told]


def plainly(rule: Rule, row: dict[str, Any]) -> bool | None:
    """Return whether a row breaks a rule, None where it is not asked, read one by one."""
    value: Any = row[rule.column]
    absent = bool(value is None or value != value)  # noqa: PLR0124 - NaN test
    if rule.demand in {Demand.PRESENT, Demand.ABSENT}:
        return absent == (rule.demand is Demand.PRESENT)
    if rule.demand is Demand.ABOVE:
        return _beside(rule, None if absent else value, row[rule.other])
    return None if absent else not _keeps(rule, value)


def _beside(rule: Rule, value: float | None, other: float | None) -> bool | None:
    gone = (value is None, other is None)
    apart = {Apart.BOTH: all(gone), Apart.EITHER: any(gone)}.get(rule.apart, False)
    if value is None or other is None:
        return None if apart else True
    return not (value > other if rule.above_low else value >= other)


def _keeps(rule: Rule, value: Any) -> bool:
    if rule.demand in {Demand.BETWEEN, Demand.LENGTH}:
        x = len(value) if rule.demand is Demand.LENGTH else float(value)
        low = -np.inf if rule.low is None else rule.low
        high = np.inf if rule.high is None else rule.high
        on_border = (rule.above_low and x == low) or (rule.below_high and x == high)
        return low <= x <= high and not on_border
    if rule.demand in {Demand.IN_SET, Demand.NOT_IN_SET}:
        return (str(value) in rule.values) == (rule.demand is Demand.IN_SET)
    return (re.search(rule.pattern, value) is not None) == (rule.demand is Demand.MATCHES)


@pytest.mark.parametrize("seed", range(4))
def test_every_rule_counts_as_a_plain_reading_of_each_row(seed: int) -> None:
    raw = wild(900, seed)
    system, spec = ruled(raw, *SUITE.rules)
    assert SUITE.left_out == ()
    assert unfit(system, spec.schema) == []
    assert len(spec.rules) == len(PLAIN) + len(PAIRS)
    found = profile(lake_rows(raw, spec, system), spec)
    for who, rows in (
        ("", raw.to_pylist()),
        ("sex=f", [row for row in raw.to_pylist() if row["sex"] == "f"]),
    ):
        said = [[plainly(rule, row) for row in rows] for rule in spec.rules]
        expected = [(one.count(True), len(one) - one.count(None)) for one in said]
        assert counted(found, spec, who) == expected
    assert all(0 < broken < n for broken, n in counted(found, spec))


@pytest.mark.parametrize("seed", range(2))
def test_any_split_of_the_rows_counts_the_same(seed: int) -> None:
    raw = wild(700, seed)
    system, spec = ruled(raw, *SUITE.rules)
    rows = lake_rows(raw, spec, system)
    parts = [rows.slice(0, 1), rows.slice(1, 333), rows.slice(334)]
    assert same(run(parts, spec, profile, workers=2), profile(rows, spec))


def test_a_type_is_kept_by_what_is_of_it() -> None:
    raw = wild(600, 3)
    of = {"paid": Sort.WHOLE, "owed": Sort.NUMBER, "known": Sort.TRUTH, "opened": Sort.INSTANT}
    rules = [
        Rule(column=name, demand=Demand.SORT, name=sort.value, sort=sort)
        for name, sort in of.items()
    ]
    system, spec = ruled(raw, *rules)
    paid = [x for x in raw["paid"].to_pylist() if x is not None and x == x]  # noqa: PLR0124
    n = {name: raw.num_rows - raw[name].null_count for name in of}
    assert counted(profile(lake_rows(raw, spec, system), spec), spec) == [
        (sum(not x.is_integer() for x in paid), len(paid)),
        *((0, n[name]) for name in ("owed", "known", "opened")),
    ]


def test_a_value_of_another_type_breaks_what_is_asked_and_keeps_what_is_forbidden() -> None:
    raw = wild(500, 5)
    names = ("paid", "owed")
    rules = (
        Rule(column="paid", demand=Demand.PRESENT, name="not null"),
        Rule(column="paid", demand=Demand.ABSENT, name="null"),
        Rule(column="paid", demand=Demand.BETWEEN, name="≥ -9", low=-9.0),
        Rule(column="paid", demand=Demand.SORT, name="number"),
        Rule(column="paid", demand=Demand.NOT_IN_SET, name="not 77", values=("77",)),
        Rule(column="paid", demand=Demand.ABOVE, name="> owed", above_low=True, other="owed"),
    )
    system, spec = ruled(raw, *rules)
    texts = {name: pa.array(["n/a"] * raw.num_rows) for name in names}
    wrong = raw
    for name, column in texts.items():
        wrong = wrong.set_column(wrong.column_names.index(name), name, column)
    n = raw.num_rows
    found = counted(profile(lake_rows(wrong, spec, system), spec), spec)
    assert found == [(0, n), (n, n), (n, n), (n, n), (0, n), (n, n)]


def test_what_cannot_be_asked_is_left_out_and_told() -> None:
    raw = wild(400, 1)
    rules = (
        Rule(column="score", demand=Demand.PRESENT, name="not null"),
        Rule(column="paid", demand=Demand.MATCHES, name="matches 1", pattern="1"),
        Rule(column="opened", demand=Demand.BETWEEN, name="≥ 0", low=0.0),
        Rule(column="known", demand=Demand.SORT, name="a number"),
        Rule(column="paid", demand=Demand.ABOVE, name="> opened", other="opened"),
        Rule(column="code", demand=Demand.IN_SET, name="in {a1}", values=("a1",)),
        Rule(column="code", demand=Demand.PRESENT, name="not null"),
    )
    system = replace(SYSTEM, rules=rules, hashed=("code",))
    spec = learn(raw, system)
    assert spec.rules == rules[-1:]
    assert unfit(system, spec.schema) == [
        "the rule “score not null” is not watched: score is no feature",
        "the rule “paid matches 1” is not watched: paid is of kind numeric",
        "the rule “opened ≥ 0” is not watched: opened is of kind timestamp",
        "the rule “known a number” is not watched: known is of kind boolean",
        "the rule “paid > opened” is not watched: paid is of kind numeric",
        "the rule “code in {a1}” is not watched: code is stored as a keyed hash",
    ]


def test_a_spec_keeps_its_rules_and_without_rules_is_what_it_was() -> None:
    raw = wild(300, 2)
    _, spec = ruled(raw, *SUITE.rules)
    assert spec_from_json(spec_to_json(spec)) == spec
    bare = replace(spec, rules=())
    assert spec_from_json(spec_to_json(bare).replace(',"rules":[]', "")) == bare
    assert bare.hash != spec.hash
    mended = replace(spec.rules[0], mostly=0.5)
    assert replace(spec, rules=(mended, *spec.rules[1:])).hash != spec.hash


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(3))
def test_great_expectations_itself_finds_the_same_unexpected_rows(seed: int) -> None:
    reason = "great_expectations is not installed; it is asked where it is"
    gx = pytest.importorskip("great_expectations", reason=reason)
    raw = wild(800, seed)
    system, spec = ruled(raw, *SUITE.rules)
    ours = counted(profile(lake_rows(raw, spec, system), spec), spec)
    frame = raw.to_pandas()
    asked: list[tuple[str, dict[str, Any]]] = [(f"column_{name}", kw) for name, kw in PLAIN]
    pair = "column_pair_values_a_to_be_greater_than_b"
    asked += [(pair, {"column_A": "paid", "column_B": "owed", **kw}) for kw in PAIRS]
    validator = _validator(gx, frame)
    theirs: list[tuple[int, int]] = []
    for name, kwargs in asked:
        result = validator(name, kwargs)
        theirs.append((result["unexpected_count"], result["element_count"]))
    assert [broken for broken, _ in ours] == [broken for broken, _ in theirs]
    assert {n for _, n in theirs} == {raw.num_rows}


def _validator(gx: Any, frame: Any) -> Any:
    """Return what asks one expectation of a frame, under either of its APIs."""
    context = gx.get_context(mode="ephemeral")
    if hasattr(context, "sources"):  # 0.18
        validator = context.sources.pandas_default.read_dataframe(frame)

        def ask_old(name: str, kwargs: dict[str, Any]) -> Any:
            return getattr(validator, f"expect_{name}")(**kwargs).result

        return ask_old
    source = context.data_sources.add_pandas("frames")
    batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    whole = batch.get_batch({"dataframe": frame})

    def ask(name: str, kwargs: dict[str, Any]) -> Any:
        title = "".join(part.capitalize() for part in f"expect_{name}".split("_"))
        return whole.validate(getattr(gx.expectations, title)(**kwargs)).result

    return ask
