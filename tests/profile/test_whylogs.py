"""A profile that whylogs 1.6.4 exported of known rows, and our own figures of the same rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tocsin.base.errors import BadInput
from tocsin.profile.whylogs import NAMES, Figures, ours, theirs

N = 2000
INCOME = [None if k % 17 == 0 else (k * 7919 % 2003) / 10 for k in range(N)]
KNOWN = np.array([x for x in INCOME if x is not None])
ROWS = pa.table(
    {
        "income": INCOME,
        "level": [k % 5 for k in range(N)],
        "purpose": [None if k % 10 == 0 else ("car", "house", "phone")[k % 3] for k in range(N)],
        "more": [0.0] * N,
    }
)
EXPORTED = {ending: Path(__file__).parent / f"whylogs.{ending}" for ending in ("csv", "json")}


@pytest.fixture(params=["csv", "json"])
def said(request: pytest.FixtureRequest) -> dict[str, Figures]:
    return theirs(EXPORTED[request.param].read_bytes())


def test_both_exports_say_what_the_rows_are(said: dict[str, Figures]) -> None:
    assert set(said) == {"income", "level", "purpose"}
    assert set(said["income"]) == set(NAMES)
    assert set(said["purpose"]) == {"rows", "missing", "distinct"}
    assert [said[name]["rows"] for name in said] == [N] * 3
    assert [said[c]["missing"] for c in ("income", "level", "purpose")] == [118, 0, 200]
    assert said["income"]["mean"] == pytest.approx(KNOWN.mean(), rel=1e-9)
    assert said["income"]["std"] == pytest.approx(KNOWN.std(ddof=1), rel=1e-9)
    assert (said["income"]["min"], said["income"]["max"]) == (KNOWN.min(), KNOWN.max())


def test_our_figures_of_the_same_rows_are_theirs(said: dict[str, Figures]) -> None:
    found = ours(ROWS, said)
    assert set(found) == set(said)
    for column, figures in found.items():
        assert set(figures) == set(said[column])
        for name in set(figures) & {"rows", "missing", "min", "max"}:
            assert figures[name] == said[column][name]
        assert figures["distinct"] == pytest.approx(said[column]["distinct"], rel=0.2)
    for column in ("income", "level"):
        for name, off in (("mean", 1e-6), ("std", 1e-3)):
            assert found[column][name] == pytest.approx(said[column][name], rel=off)
        for name in ("5 %", "25 %", "50 %", "75 %", "95 %"):
            assert found[column][name] == pytest.approx(said[column][name], abs=5)
    rank = np.mean(found["income"]["25 %"] >= KNOWN)
    assert rank == pytest.approx(0.25, abs=0.01)


def test_rows_without_the_columns_give_no_figures(said: dict[str, Figures]) -> None:
    assert ours(ROWS.select(["more"]), said) == {}
    assert ours(ROWS.slice(0, 0), said) == {}


def test_of_prose_only_rows_and_missing_ones_are_told() -> None:
    notes = [None if k % 4 == 0 else f"note {k}" for k in range(N)]
    found = ours(pa.table({"note": notes}), {"note": {"rows": N}})
    assert found == {"note": {"rows": N, "missing": N // 4}}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"WHY1\x00\xa8\x04", "own binary; give what `view"),
        (b"a,b\n1,2\n", "is no exported whylogs profile"),
        (b'{"counts/n": 3}', "is no exported whylogs profile"),
        (b"{", "is no exported whylogs profile"),
        (b"\xff\xfe", "is no exported whylogs profile"),
        (b"", "is no exported whylogs profile"),
    ],
)
def test_what_is_no_export_is_refused(body: bytes, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        theirs(body, where="profile.bin")
