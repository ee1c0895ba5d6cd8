from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.profile.rows import LENDING, lake_rows, replaced, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.profile import bundle
from tocsin.profile.kernel import profile
from tocsin.profile.task import NOTHING, Counted, LakeTask, UserTask, add, task_of

RAW = table(300, 3)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)
NOW = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
TASK = task_of(RAW.column_names, SPEC, LENDING, NOW)


def said(counted: Counted) -> tuple[bytes, int, int, str]:
    """Return everything that `counted` says, to be compared."""
    body = bundle.to_bytes(counted.profile, SPEC)
    return body, counted.rows, counted.refused, counted.reason


def test_the_users_columns_and_the_lakes_give_the_same_counts() -> None:
    lake = ROWS.drop_columns(["label"])
    unlabelled = RAW.drop_columns(["repaid"])
    task = task_of(lake.column_names, SPEC, LENDING, NOW)
    assert isinstance(task, LakeTask)
    assert isinstance(TASK, UserTask)
    assert said(task(lake)) == said(TASK(unlabelled))


def test_labels_beside_predictions_are_counted() -> None:
    assert said(TASK(RAW))[0] == bundle.to_bytes(profile(ROWS, SPEC), SPEC)


def test_only_columns_that_are_worth_reading_are_asked_for() -> None:
    assert "id" not in TASK.columns
    assert TASK.columns == {*RAW.column_names} - {"id"}
    lake = task_of(ROWS.column_names, SPEC, LENDING, NOW)
    wanted = [name for name in ROWS.column_names if name in lake.columns]
    unlabelled = profile(ROWS.drop_columns(["label"]), SPEC)
    assert said(lake(ROWS.select(wanted)))[0] == bundle.to_bytes(unlabelled, SPEC)


def test_a_repeated_id_counts_again_so_that_any_split_gives_the_same() -> None:
    twice = pa.concat_tables([RAW, RAW])
    assert said(TASK(twice)) == said(add(TASK(RAW), TASK(RAW)))


def test_rows_that_cannot_be_trusted_are_left_out_and_told() -> None:
    score = [1.5 if k < 3 else s for k, s in enumerate(RAW["score"].to_pylist())]
    counted = TASK(replaced(RAW, "score", score))
    assert (counted.rows, counted.refused) == (300, 3)
    assert counted.reason == "score: score must be a number between 0 and 1"
    assert said(counted)[0] == said(TASK(RAW.slice(3)))[0]


def test_rows_without_times_count_in_the_bucket_of_now() -> None:
    timeless = replace(LENDING, columns=replace(LENDING.columns, time=None))
    counted = task_of(RAW.column_names, SPEC, timeless, NOW)(RAW)
    assert {key.bucket for key in counted.profile} == {NOW.replace(minute=0)}


def test_times_ahead_of_our_clock_are_counted() -> None:
    ahead = task_of(RAW.column_names, SPEC, LENDING, datetime(2020, 1, 1, tzinfo=UTC))
    assert said(ahead(RAW)) == said(TASK(RAW))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadInput, match="column 'income' missing"):
        TASK(RAW.drop_columns(["income"]))


def test_no_rows_are_nothing() -> None:
    assert TASK(RAW.slice(0, 0)) is NOTHING
    assert said(add(NOTHING, TASK(RAW))) == said(TASK(RAW))


def test_adding_is_associative_and_commutative() -> None:
    late = RAW.slice(200)
    a = TASK(RAW)
    b = TASK(replaced(late, "score", [2.0] * late.num_rows))
    c = TASK(replaced(late, "at", [datetime(1960, 1, 1, tzinfo=UTC)] * late.num_rows))
    total = add(add(a, b), c)
    assert said(add(a, add(b, c))) == said(add(c, add(b, a))) == said(total)
    assert (total.rows, total.refused) == (500, 200)
    assert total.reason.startswith("at: ")


def test_buckets_are_the_specs() -> None:
    daily = spec_of(RAW, replace(LENDING, bucket_s=86400))
    buckets = {key.bucket for key in task_of(RAW.column_names, daily, LENDING, NOW)(RAW).profile}
    assert len(buckets) == 10
    assert all(
        bucket - datetime(2026, 11, 1, tzinfo=UTC) < timedelta(days=10) for bucket in buckets
    )


@pytest.mark.parametrize("name", ["approved", "employer", "purpose"])
def test_a_column_of_lists_counts_as_nothing_said(name: str) -> None:
    silent = replaced(RAW, name, pa.nulls(RAW.num_rows, pa.string()))
    lists = replaced(RAW, name, [[1]] * RAW.num_rows)
    places = {"purpose": "mistyped"}  # of a feature a wrong type is told
    assert (said(TASK(lists)) == said(TASK(silent))) == (name not in places)


def test_versions_unsaid_in_two_ways_are_one_and_lose_no_row() -> None:
    system = replace(LENDING, columns=replace(LENDING.columns, version="version"))
    versions = ["", None, "v1"] * 100
    raw = RAW.append_column("version", pa.array(versions))
    counted = UserTask(spec_of(RAW), system, NOW)(raw)
    rows = {"": 0, "v1": 0}
    for moment, tally in counted.profile.items():
        rows[moment.version] += int(tally.outcomes.counts[:, 0].sum())
    assert rows == {"": 200, "v1": 100}
