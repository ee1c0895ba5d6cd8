from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.lake.rows import START
from tocsin.lake.snapshot import StoredFile
from tocsin.lake.tiers import BIG_ROWS, GROUP_FILES, GROUP_ROWS, TIER, groups


def file(k: int, rows: int, last: int | None = None) -> StoredFile:
    at = START + timedelta(minutes=k)
    return StoredFile(f"{k}", rows * 100, rows, k if last is None else last, (at, at), None, at, {})


def test_a_few_small_files_are_left_alone() -> None:
    assert groups([file(k, 1) for k in range(TIER - 1)], (), 100) == []


def test_many_small_files_become_one() -> None:
    (group,) = groups([file(k, 1) for k in range(50)], (), 100)
    assert [f.name for f in group] == [str(k) for k in range(50)]


def test_what_is_not_counted_yet_is_left_alone() -> None:
    (group,) = groups([file(k, 1) for k in range(50)], (19,), 19)
    assert {f.last for f in group} == set(range(20))


def test_no_group_has_a_watermark_between_its_rows() -> None:
    marks = (9, 29, 49)
    found = groups([file(k, 1) for k in range(50)], marks, 49)
    assert [(min(f.last for f in g), max(f.last for f in g)) for g in found] == [
        (0, 9),
        (10, 29),
        (30, 49),
    ]


def test_big_files_are_left_alone() -> None:
    assert groups([file(k, BIG_ROWS) for k in range(50)], (), 100) == []


@given(st.lists(st.integers(1, BIG_ROWS), max_size=60), st.integers(0, 60))
def test_groups_are_bounded_and_disjoint(rows: list[int], counted: int) -> None:
    found = groups([file(k, n) for k, n in enumerate(rows)], (counted,), counted)
    names = [f.name for group in found for f in group]
    assert len(names) == len(set(names))
    for group in found:
        assert 2 <= len(group) <= GROUP_FILES
        assert sum(f.rows for f in group) <= GROUP_ROWS
        assert max(f.last for f in group) <= counted


def test_a_row_is_rewritten_once_a_tier_however_slowly_rows_come() -> None:
    files: list[StoredFile] = []
    moved, n = 0, 20_000
    for k in range(n):
        files.append(file(k, 1))
        for group in groups(files, (), n):
            moved += sum(f.rows for f in group)
            names = {f.name for f in group}
            files = [f for f in files if f.name not in names]
            files.append(file(k, sum(f.rows for f in group)))
    assert moved <= 6 * n
    assert len(files) < 6 * TIER
