"""The release gate on tables of decisions."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, START, replaced, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.contain.canary import Answer, Call
from tocsin.contain.gate import Gate, facts, gate, version_of
from tocsin.ingest.system import Columns, System
from tocsin.ingest.tabular import from_table
from tocsin.ingest.trial import Trial

VERSIONED = replace(LENDING, columns=replace(LENDING.columns, version="version"))
SPEC = spec_of(table(3_000, 50).append_column("version", pa.array(["v1"] * 3_000)), VERSIONED)
EASY = Trial(most=0.05, in_slice=0.2)


def rows(
    n: int, seed: int, version: str = "v1", *, hours: float = 30.0, start: datetime = START
) -> pa.Table:
    raw = table(n, seed, hours=hours, start=start)
    versioned = raw.append_column("version", pa.array([version] * n))
    return from_table(versioned, SPEC.schema, VERSIONED, start + timedelta(days=365)).table


def wrong_for_women(raw: pa.Table, part: float, seed: int) -> pa.Table:
    """Return rows in which a part of the women's outcomes turn out the other way."""
    r = np.random.default_rng(seed)
    turned = [
        {"true": "false", "false": "true"}[label] if sex == "f" and r.random() < part else label
        for sex, label in zip(raw["s_sex"].to_pylist(), raw["label"].to_pylist(), strict=True)
        if label is not None
    ]
    return replaced(raw, "label", turned)


def passed(
    candidate: pa.Table,
    champion: pa.Table,
    *,
    system: System = VERSIONED,
    whole: bool = False,
) -> Gate:
    system = replace(system, trial=EASY)
    return gate(
        candidate, champion, SPEC, system, now=datetime(2026, 12, 1, tzinfo=UTC), whole=whole
    )


def test_an_equal_release_passes_and_says_what_was_compared() -> None:
    said = passed(rows(12_000, 1, "v2"), rows(12_000, 2))
    assert (said.told.call, said.passes, said.decided) == (Call.PROMOTE, True, ())
    assert (said.told.candidate, said.told.champion) == ("v2", "v1")
    assert (said.rows, said.counted) == ((12_000, 12_000), (12_000, 12_000))
    assert said.told.span is not None
    assert said.told.span.length == timedelta(hours=30)
    assert said.needs is None


def test_harm_to_one_slice_refuses_and_is_what_decided() -> None:
    said = passed(wrong_for_women(rows(12_000, 1, "v2"), 0.4, 3), rows(12_000, 2))
    assert (said.told.call, said.passes) == (Call.ABORT, False)
    assert {one.answer for one in said.decided} == {Answer.HARMED}
    assert "sex=f" in {one.slice.key for one in said.decided}
    assert "sex=m" not in {one.slice.key for one in said.decided}


def test_too_little_data_refuses_and_so_many_rows_would_do() -> None:
    said = passed(rows(2_000, 1, "v2"), rows(4_000, 2))
    assert (said.told.call, said.passes) == (Call.HOLD, False)
    assert said.needs is not None
    n, beside = said.needs
    assert 2_000 < n < 40_000
    assert beside == pytest.approx(2 * n, rel=0.1)
    assert passed(rows(2 * n, 3, "v2"), rows(2 * beside, 4)).passes


def test_tables_without_a_common_time_are_compared_only_as_wholes() -> None:
    later = rows(12_000, 1, "v2", start=START + timedelta(days=30))
    by_time = passed(later, rows(12_000, 2))
    assert (by_time.told.call, by_time.told.span, by_time.counted) == (Call.HOLD, None, (0, 0))
    whole = passed(later, rows(12_000, 2), whole=True)
    assert (whole.passes, whole.whole, whole.counted) == (True, True, (12_000, 12_000))
    assert facts(whole, "lending")["from"] is None


def test_only_what_both_decided_in_counts() -> None:
    said = passed(rows(12_000, 1, "v2", hours=15.0), rows(12_000, 2))
    assert said.counted == (12_000, 6_000)


def test_a_short_while_is_not_enough_by_time_and_is_no_question_of_wholes() -> None:
    pair = rows(12_000, 1, "v2", hours=3.0), rows(12_000, 2, hours=3.0)
    short = passed(*pair)
    assert short.told.call is Call.HOLD
    assert "are still to be seen" in short.told.why
    assert passed(*pair, whole=True).passes


def test_rows_without_time_are_compared_as_wholes() -> None:
    timeless = replace(VERSIONED, columns=Columns(score="score", prediction="approved"))
    said = passed(rows(12_000, 1, "v2"), rows(12_000, 2), system=timeless)
    assert said.whole
    assert said.passes


def test_decisions_of_the_future_count_and_young_ones_have_no_outcomes_yet() -> None:
    ahead = START + timedelta(days=3_000)
    pair = rows(12_000, 1, "v2", start=ahead), rows(12_000, 2, start=ahead)
    assert passed(*pair).passes
    waiting = replace(VERSIONED, outcomes_after_s=20 * 86_400)
    said = passed(*pair, system=waiting)
    assert said.told.call is Call.HOLD
    assert {one.candidate.n for one in said.hopeless} == {0}
    assert said.needs is None


def test_a_table_is_of_one_version_and_not_of_the_others() -> None:
    mixed = pa.concat_tables([rows(500, 1, "v2"), rows(500, 2, "v3")])
    with pytest.raises(BadInput, match="the candidate's rows are of 2 versions: 'v2' and 'v3'"):
        passed(mixed, rows(500, 3))
    with pytest.raises(BadInput, match="both version 'v1'"):
        passed(rows(500, 1), rows(500, 2))
    nameless = replaced(rows(5, 1), "version", pa.nulls(5, pa.string()))
    assert version_of(nameless, "candidate") == "candidate"
    assert version_of(rows(5, 1, "v" * 300), "candidate") == "v" * 256


def test_the_facts_are_json_and_whole() -> None:
    said = passed(rows(2_000, 1, "v2"), rows(4_000, 2))
    told = json.loads(json.dumps(facts(said, "lending"), allow_nan=False))
    assert (told["verdict"], told["passes"], told["paired"]) == ("hold", False, "time")
    assert told["candidate"]["version"] == "v2"
    assert told["candidate"]["needs"] > told["candidate"]["counted"] == 2_000
    assert told["terms"]["most"] == 0.05
    assert {one["answer"] for one in told["decided"]} == {"open"}
    one = told["compared"][0]
    assert one["interval"][0] <= one["harm"] <= one["interval"][1]
    assert told["from"] == START.isoformat()
