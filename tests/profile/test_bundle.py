from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profile.rows import lake_rows, spec_of, table
from tocsin.base.errors import BadInput, Conflict
from tocsin.profile import bundle
from tocsin.profile.kernel import profile
from tocsin.profile.merge import merge

RAW = table(400, 3)
SPEC = spec_of(RAW)
ROWS = lake_rows(RAW, SPEC)
WHOLE = profile(ROWS, SPEC)
BODY = bundle.to_bytes(WHOLE, SPEC)
OTHER = replace(SPEC, threshold=0.25)


def test_a_profile_and_its_spec_survive_the_round_trip() -> None:
    again = bundle.from_bytes(BODY, bundle.spec_in(BODY))
    assert bundle.to_bytes(again, SPEC) == BODY


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 399), st.booleans())
def test_equal_profiles_give_equal_bytes_whatever_the_order(cut: int, swap: bool) -> None:
    parts = [profile(ROWS.slice(0, cut), SPEC), profile(ROWS.slice(cut), SPEC)]
    a, b = reversed(parts) if swap else parts
    assert bundle.to_bytes(merge(a, b), SPEC) == BODY


def test_no_rows_are_a_profile_too() -> None:
    empty = bundle.to_bytes({}, SPEC)
    assert bundle.from_bytes(empty, SPEC) == {}
    assert bundle.spec_in(empty) == SPEC


def test_files_of_one_spec_add_up() -> None:
    parts = [bundle.to_bytes(profile(ROWS.slice(k, 100), SPEC), SPEC) for k in (0, 100, 200, 300)]
    total = bundle.together([(f"part {k}", part) for k, part in enumerate(parts)], SPEC)
    assert bundle.to_bytes(total, SPEC) == BODY


def test_counts_of_another_spec_are_refused_and_the_message_says_what_to_do() -> None:
    with pytest.raises(Conflict, match=r"old\.profile: counted under spec .* count the rows again"):
        bundle.together([("old.profile", BODY)], OTHER)


def test_counts_without_their_spec_do_not_explain_themselves() -> None:
    bare = bundle.to_bytes(WHOLE, SPEC, with_spec=False)
    assert len(bare) < len(BODY)
    assert bundle.to_bytes(bundle.from_bytes(bare, SPEC), SPEC) == BODY
    with pytest.raises(BadInput, match="without their spec"):
        bundle.spec_in(bare)


@pytest.mark.parametrize("body", [b"", b"PAR1", BODY[:100], BODY[: len(BODY) // 2]])
def test_damaged_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(BadInput, match="count the rows again"):
        bundle.from_bytes(body, SPEC, where="x.profile")


def test_any_other_arrow_stream_is_refused() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, RAW.schema) as writer:
        writer.write_table(RAW)
    with pytest.raises(BadInput, match="not a profile"):
        bundle.spec_in(sink.getvalue().to_pybytes())


def test_buckets_apart_are_the_whole_together() -> None:
    parts = bundle.by_bucket(WHOLE)
    assert len(parts) > 100
    assert all({key.bucket for key in part} == {bucket} for bucket, part in parts.items())
    total = {key: counts for part in parts.values() for key, counts in part.items()}
    assert bundle.to_bytes(total, SPEC) == BODY


def test_weight_grows_with_what_is_held() -> None:
    assert bundle.weight({}) == 0
    assert bundle.weight(WHOLE) > bundle.weight(profile(ROWS.slice(0, 10), SPEC)) > 0
