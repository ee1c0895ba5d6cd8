"""Values in every spelling that files come in, from a table in memory or at rest to the profile.

Every input is defined: it counts as the plain spelling of the same values does, or it is refused
with a reason that names the column.  Each goes three ways: as the lake's rows, by the task that the
command line and Spark run, and through a file by the engine.
"""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.e2e.spellings import (
    LOANS,
    PLAIN,
    SPELLINGS,
    N,
    Spell,
    Spelling,
    cast,
    chunked,
    decimals,
    dictionaries,
    in_zone,
    run_ends,
    spelt,
    texts_of,
)
from tocsin.base.errors import BadInput
from tocsin.engine import local
from tocsin.ingest.rows import INSTANT
from tocsin.ingest.system import Columns, Kind, System
from tocsin.ingest.tabular import from_table
from tocsin.lake.files import read_table
from tocsin.lake.listing import listing
from tocsin.profile import bundle, kernel
from tocsin.profile.cell import Counts, Profile
from tocsin.profile.layout import layout_of
from tocsin.profile.learn import learn
from tocsin.profile.task import Counted, UserTask, task_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SPEC = learn(PLAIN, LOANS)
LAYOUT = layout_of(SPEC)
TASK = UserTask(SPEC, LOANS, NOW)


def as_lake_rows(table: pa.Table) -> Counted:
    """Count as the server does what it accepted."""
    accepted = from_table(table, SPEC.schema, LOANS, NOW)
    reasons = [f"{fault.field}: {fault.reason}" for fault in accepted.rejected]
    rows = kernel.profile(accepted.table, SPEC)
    return Counted(rows, table.num_rows, len(accepted.rejected), min(reasons, default=""))


def at_rest(table: pa.Table, folder: Path) -> Counted:
    """Count as the command line does what was written to a file."""
    path = folder / "rows.parquet"
    pq.write_table(table, path, row_group_size=100)
    found = listing(path)
    task = task_of(found.columns, SPEC, LOANS, NOW)
    return local.count(found.portions, task, advance=lambda _: None)


def counted(table: pa.Table, folder: Path | None) -> Counted:
    """Count every way, which must agree; without a folder not through a file."""
    ways = [as_lake_rows(table), TASK(table)]
    if folder is not None:
        ways.append(at_rest(table, folder))
    assert len({said(way) for way in ways}) == 1
    return ways[0]


def said(one: Counted) -> tuple[bytes, int, int, str]:
    return bundle.to_bytes(one.profile, SPEC), one.rows, one.refused, one.reason


def places(profile: Profile, *names: str) -> list[int]:
    """Return what all moments together count at places of everyone."""
    first, rows = LAYOUT.outcomes, list(profile.values())
    everyone: Counts = np.concatenate(
        [
            sum((t.outcomes.counts.sum(axis=0) for t in rows), np.zeros(first, np.int64)),
            sum(
                (t.features.counts[0] for t in rows if len(t.features.codes)),
                np.zeros(LAYOUT.width - first, np.int64),
            ),
        ]
    )
    return [int(LAYOUT.get(everyone, name).sum()) for name in names]


@pytest.mark.parametrize("spelling", SPELLINGS, ids=str)
def test_every_spelling_of_the_same_values_gives_the_identical_profile(
    spelling: Spelling, tmp_path: Path
) -> None:
    folder = tmp_path if spelling.at_rest else None
    table = spelt(spelling.name, spelling.spell)
    assert said(counted(table, folder)) == said(counted(PLAIN, folder))


@pytest.mark.parametrize(
    "spelling",
    [one for one in SPELLINGS if one.name != "urgent"],  # as numbers or texts it is a category
    ids=str,
)
def test_a_reference_in_any_spelling_gives_the_same_spec(spelling: Spelling) -> None:
    assert learn(spelt(spelling.name, spelling.spell), LOANS).hash == SPEC.hash


def put(name: str, values: list[Any]) -> pa.Table:
    """Return the plain rows with other values in one column."""
    column = pa.array(values)
    return PLAIN.set_column(PLAIN.column_names.index(name), name, column)


BYTES, DAY = b"x", datetime(2026, 10, 25, tzinfo=UTC)
ODD: list[tuple[str, object, str]] = [
    *(("amount", value, "mistyped") for value in ("7", {"a": 1}, BYTES, DAY)),
    ("amount", float("nan"), "invalid"),
    ("amount", float("inf"), "invalid"),
    ("amount", 1e308, "over"),
    ("amount", -1e308, "under"),
    ("amount", None, "missing"),
    *(("purpose", value, "unseen") for value in ("plane", "x" * 100_000, 1.5, True, DAY)),
    *(("purpose", value, "missing") for value in ("", None, float("nan"))),
    ("purpose", ["car"], "mistyped"),
    *(("urgent", value, "mistyped") for value in (2, "perhaps", 0.5)),
    *(("note.chars", value, "mistyped") for value in (["a"], {"a": 1})),
    ("note.chars", None, "missing"),
    ("note.chars", "long " * 10_000, "over"),
    *(("asked_at.age_s", value, "mistyped") for value in (5, "x", 1.5)),
    ("asked_at.age_s", datetime(1, 1, 1, tzinfo=UTC), "over"),
    ("asked_at.age_s", datetime(9999, 1, 1, tzinfo=UTC), "under"),
    *(("meaning.norm", value, "mistyped") for value in ("x", [1.0], [], [["a"]])),
    *(("meaning.norm", [value] * 4, "invalid") for value in (float("inf"), float("nan"))),
]


@pytest.mark.parametrize(("view", "value", "place"), ODD)
def test_odd_values_of_a_feature_are_counted_as_what_they_are_and_no_row_is_lost(
    view: str, value: object, place: str, tmp_path: Path
) -> None:
    found = counted(put(view.partition(".")[0], [value] * N), tmp_path)
    assert found.refused == 0
    assert places(found.profile, "n", f"f_{view}.{place}") == [N, N]


def test_nulls_nans_and_infinities_have_places_of_their_own(tmp_path: Path) -> None:
    found = counted(PLAIN, tmp_path)
    sixth = N // 6
    names = [f"f_odd.{part}" for part in ("missing", "invalid", "hist")]
    assert places(found.profile, *names) == [sixth, 3 * sixth, 2 * sixth]
    names = [f"f_purpose.{part}" for part in ("missing", "counts")]
    assert places(found.profile, *names) == [2 * sixth, 4 * sixth]  # empty text is missing


REFUSED: list[tuple[str, object, str]] = [
    *(("score", value, "score: ") for value in (1.5, -0.1, float("nan"), float("inf"), "0.5")),
    *(("ms", value, "latency_ms: ") for value in (-1.0, float("inf"), float("nan"), "5")),
    *(("at", value, "at: ") for value in (None, 1_790_000_000, "yesterday", 1.5)),
    ("at", datetime(1969, 12, 31, tzinfo=UTC), "at: "),
    *(("repaid", value, "label: ") for value in ("maybe", 2)),
]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED)
def test_what_cannot_be_trusted_is_refused_and_the_column_is_named(
    name: str, value: object, reason: str, tmp_path: Path
) -> None:
    usual = PLAIN[name].to_pylist()
    if type(value) is type(usual[1]):  # one row among good ones
        found = counted(put(name, [value, *usual[1:]]), tmp_path)
        assert (found.rows, found.refused) == (N, 1)
    else:
        found = counted(put(name, [value] * N), tmp_path)
        assert (found.rows, found.refused, found.profile) == (N, N, {})
    assert found.reason.startswith(reason)


def test_clocks_that_go_back_make_two_hours_of_one(tmp_path: Path) -> None:
    kind = pa.timestamp("us", "Europe/Berlin")
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    local_hours = pc.call_function("hour", [pa.array(twice, INSTANT).cast(kind)])
    assert local_hours.to_pylist() == [2, 2]
    found = counted(spelt("at", cast(kind)), tmp_path)
    hours = {moment.bucket for moment in found.profile}
    assert {hour.replace(minute=0) for hour in twice} <= hours
    assert len(hours) == N * 5 // 60 + 1


@pytest.mark.parametrize("version", ["", None, 7, 2.5, "x" * 5000, ["a"]])
def test_a_version_of_any_type_counts_every_row(version: object, tmp_path: Path) -> None:
    found = counted(put("version", [version] * N), tmp_path)
    assert len({moment.version for moment in found.profile}) == 1
    assert places(found.profile, "n") == [N]


def test_one_row_is_a_profile_and_no_rows_are_none(tmp_path: Path) -> None:
    assert places(counted(PLAIN.slice(1, 1), tmp_path).profile, "n") == [1]
    none = PLAIN.slice(0, 0)
    assert said(TASK(none)) == said(at_rest(none, tmp_path)) == said(Counted({}))
    with pytest.raises(BadInput, match="no rows"):
        as_lake_rows(none)
    with pytest.raises(BadInput, match="no rows"):
        read_table(tmp_path / "rows.parquet")
    with pytest.raises(BadInput, match="no rows"):
        learn(none, LOANS)
    (tmp_path / "rows.parquet").write_bytes(b"")
    with pytest.raises(BadInput, match="empty"):
        listing(tmp_path / "rows.parquet")


def test_empty_batches_between_others_count_nothing(tmp_path: Path) -> None:
    parts = [PLAIN.slice(0, 0), PLAIN.slice(0, 7), PLAIN.slice(7, 0), PLAIN.slice(7)]
    assert said(counted(pa.concat_tables(parts), tmp_path)) == said(counted(PLAIN, tmp_path))


@pytest.mark.parametrize("name", [n for n in PLAIN.column_names if n != "repaid"])
def test_a_missing_column_is_named(name: str, tmp_path: Path) -> None:
    table = PLAIN.drop_columns([name])
    for count in (as_lake_rows, TASK, partial(at_rest, folder=tmp_path)):
        with pytest.raises(BadInput, match=f"'{name}' missing"):
            count(table)


def test_without_labels_nothing_is_known_of_outcomes_and_the_rest_is_the_same(
    tmp_path: Path,
) -> None:
    silent = put("repaid", [None] * N)
    found = counted(PLAIN.drop_columns(["repaid"]), tmp_path)
    assert said(found) == said(counted(silent, tmp_path))
    assert places(found.profile, "n", "n_labelled") == [N, 0]


def test_added_columns_and_another_order_change_nothing(tmp_path: Path) -> None:
    wider = PLAIN.append_column("extra", pa.array([{"a": [1]}] * N))
    wider = wider.select(sorted(wider.column_names))
    assert said(counted(wider, tmp_path)) == said(counted(PLAIN, tmp_path))


def test_files_that_spell_a_column_each_in_its_own_way_add_up(tmp_path: Path) -> None:
    whole = said(counted(PLAIN, tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()
    spellings: dict[str, list[Spell]] = {
        "count": [cast(pa.int8()), cast(pa.float64()), cast(pa.decimal128(20, 0))],
        "purpose": [dictionaries, cast(pa.large_string()), cast(pa.string_view())],
        "at": [in_zone("ns", "Europe/Berlin"), in_zone("ms", None), texts_of],
    }
    for k in range(3):
        table = PLAIN
        for name, ways in spellings.items():
            column: Any = PLAIN[name].combine_chunks()
            table = table.set_column(table.column_names.index(name), name, ways[k](column))
        pq.write_table(table.slice(k * N // 3, N // 3), folder / f"{k}.parquet")
    found = listing(folder)
    task = task_of(found.columns, SPEC, LOANS, NOW)
    assert said(local.count(found.portions, task, advance=lambda _: None)) == whole


def test_a_file_that_is_older_than_a_column_counts_it_as_missing(tmp_path: Path) -> None:
    pq.write_table(PLAIN.slice(0, 100).drop_columns(["amount"]), tmp_path / "0.parquet")
    pq.write_table(PLAIN.slice(100), tmp_path / "1.parquet")
    found = listing(tmp_path)
    task = task_of(found.columns, SPEC, LOANS, NOW)
    counts = local.count(found.portions, task, advance=lambda _: None)
    usual = [None] * 100 + PLAIN["amount"].to_pylist()[100:]
    assert said(counts) == said(TASK(put("amount", usual)))


def test_text_in_the_place_of_a_number_is_mistyped_whatever_it_says(tmp_path: Path) -> None:
    mixed = ["7", "x", "", "1e3", None, "NaN"] * (N // 6)
    found = counted(put("amount", mixed), tmp_path)
    names = ("f_amount.mistyped", "f_amount.missing")
    assert places(found.profile, *names) == [5 * N // 6, N // 6]


def test_cells_of_a_csv_file_are_read_as_what_they_spell(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,amount\n1,7\n2,x\n3,\n4,1e3\n5,NaN\n", encoding="utf-8")
    system = System(name="cells", features=("amount",))
    spec = learn(pa.table({"amount": [0.0, 5.5, 2000.0]}), system)
    table = read_table(path)
    tally = next(iter(UserTask(spec, system, NOW)(table).profile.values()))
    layout, counts = layout_of(spec), tally.features.counts[0]
    first = layout.outcomes
    parts = [layout.places[f"f_amount.{part}"] for part in ("hist", "invalid", "missing")]
    found = [int(counts[p.start - first : p.stop - first].sum()) for p in parts]
    assert found == [2, 2, 1]


PRICES = System(
    name="prices", kind=Kind.REGRESSION, columns=Columns(time="at", prediction="ms", label="amount")
)


@pytest.mark.parametrize(
    "spell", [cast(pa.float32()), decimals, chunked, run_ends, cast(pa.string())]
)
@pytest.mark.parametrize("name", ["ms", "amount"])
def test_a_regressions_answers_and_outcomes_may_be_spelt_in_any_way(
    name: str, spell: Spell
) -> None:
    few = PLAIN.select(["at", "ms", "amount"])
    spec = learn(few, PRICES)
    task = UserTask(spec, PRICES, NOW)
    column: Any = few[name].combine_chunks()
    other = task(few.set_column(few.column_names.index(name), name, spell(column)))
    usual = task(few)
    assert usual.refused == other.refused == 0
    assert bundle.to_bytes(usual.profile, spec) == bundle.to_bytes(other.profile, spec)
