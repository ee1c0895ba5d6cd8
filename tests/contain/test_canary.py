from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.store.examples import SPEC
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.contain.canary import Answer, Call, Canary, judge, questions
from tocsin.contain.points import Worse
from tocsin.ingest.system import Kind
from tocsin.ingest.trial import Trial
from tocsin.profile.cell import CellKey, Cells, Counts
from tocsin.profile.layout import layout_of

START = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(seconds=SPEC.bucket_s)
REGIONS = ("north", "south", "east", "west")
SLICES = tuple(f"region={region}" for region in (*REGIONS, "tiny"))
LAYOUT = layout_of(replace(SPEC, slices=SLICES))


def cell(n: int, wrong: int, yes: int, failed: int = 0) -> Counts:
    """Return a cell of one version and bucket: errors fall evenly on both answers."""
    made = LAYOUT.zero()
    no = n - yes
    fp, fn = wrong - wrong // 2, wrong // 2
    counts = {"n": n, "n_error": failed, "n_prediction": n, "n_positive": yes}
    counts |= {"tp": yes - fp, "fp": fp, "tn": no - fn, "fn": fn}
    for name, value in counts.items():
        LAYOUT.get(made, name)[0] = value
    return made


def served(
    seed: int,
    hours: int,
    n: int = 2_000,
    share: float = 0.2,
    harm: Mapping[str, float] | None = None,
) -> Cells:
    """Return hours of a champion and a candidate that errs more often in some regions."""
    rng, found = np.random.default_rng(seed), dict[CellKey, Counts]()
    for k in range(hours):
        usual = 0.1 + 0.04 * np.sin(k / 24 * 2 * np.pi)
        for version in ("old", "new"):
            part = share if version == "new" else 1 - share
            regions: list[Counts] = []
            for region in REGIONS:
                rows = int(rng.poisson(n * part / len(REGIONS)))
                more = (harm or {}).get(region, 0.0) if version == "new" else 0.0
                yes, failed = int(rng.binomial(rows, 0.5)), int(rng.binomial(rows, 0.003))
                wrong = int(rng.binomial(rows // 3, float(3 * (usual + more))))
                wrong = min(wrong, rows // 3, yes, rows - yes)
                regions.append(cell(rows, wrong, yes, failed))
                found[CellKey(version, f"region={region}", START + k * HOUR)] = regions[-1]
            found[CellKey(version, "", START + k * HOUR)] = np.sum(regions, axis=0)
    return found


def called(cells: Cells, hours: int, trial: Trial | None = None) -> Canary:
    return judge(
        cells,
        LAYOUT,
        candidate="new",
        champion="old",
        now=START + hours * HOUR,
        trial=trial or Trial(lasts=12 * HOUR),
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_an_equal_candidate_is_never_aborted_and_promoted_in_the_end(seed: int) -> None:
    cells = served(seed, 72, n=20_000)
    calls = [called(cells, hours).call for hours in (1, 4, 10, 24, 72)]
    assert Call.ABORT not in calls
    assert calls[0] is Call.HOLD
    assert calls[-1] is Call.PROMOTE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_harm_to_one_slice_aborts_and_names_it(seed: int) -> None:
    told = called(served(seed, 24, harm={"north": 0.08}), 24)
    assert told.call is Call.ABORT
    worst = told.compared[0]
    assert (worst.measure, worst.slice.key) == ("error_rate", "region=north")
    assert worst.surely > 0
    assert "region=north" in told.why


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_a_candidate_that_harms_more_than_is_borne_is_not_promoted(seed: int) -> None:
    """At the border itself, where it is hardest: a point of errors more for everyone."""
    harm: dict[str, float] = dict.fromkeys(REGIONS, 0.011)
    cells = served(seed, 48, n=20_000, harm=harm)
    assert Call.PROMOTE not in [called(cells, hours).call for hours in range(12, 49, 6)]


def test_healthy_candidates_are_aborted_no_more_often_than_stated() -> None:
    """Three looks at 25 questions, without a least harm: 5 % is stated."""
    trial = Trial(least=0.0, lasts=12 * HOUR)
    aborted = 0
    for seed in range(10):
        cells = served(1_000 + seed, 20, n=800, share=0.1)
        aborted += any(called(cells, h, trial).call is Call.ABORT for h in (4, 10, 20))
    assert aborted <= 2


def test_before_the_time_is_up_it_says_how_much_is_left() -> None:
    told = called(served(1, 10, n=60_000), 10)
    assert told.call is Call.HOLD
    assert told.why == "Safe so far; 2 h are still to be seen."


def test_a_bucket_that_is_not_over_is_not_looked_at() -> None:
    cells = served(1, 3)
    told = judge(cells, LAYOUT, candidate="new", champion="old", now=START + 2 * HOUR + HOUR / 2)
    assert told.span is not None
    assert told.span.end == START + 2 * HOUR


def test_outcomes_are_waited_for_and_calls_are_not() -> None:
    told = judge(
        served(1, 6),
        LAYOUT,
        candidate="new",
        champion="old",
        now=START + 6 * HOUR,
        outcomes_after=4 * HOUR,
    )
    n = {one.measure: one.candidate.n for one in told.compared if not one.slice.conditions}
    assert n["failed_calls"] > 2.5 * n["error_rate"] > 0


def test_versions_that_never_served_together_cannot_be_compared() -> None:
    cells = {
        key: counts
        for key, counts in served(1, 6).items()
        if (key.version == "new") == (key.bucket >= START + 3 * HOUR)
    }
    told = called(cells, 6)
    assert (told.call, told.span) == (Call.HOLD, None)
    assert told.why == "No bucket of time is over in which both versions decided."


def test_a_small_slice_need_not_be_proven_but_is_watched() -> None:
    cells = dict(served(1, 24, n=20_000))
    for key, counts in served(9, 24, n=40).items():
        if key.slice == "region=north":
            cells[replace(key, slice="region=tiny")] = counts
    told = called(cells, 24)
    tiny = [one for one in told.compared if one.slice.key == "region=tiny"]
    assert told.call is Call.PROMOTE
    assert {one.answer for one in tiny} >= {Answer.OPEN}
    assert not any(one.must for one in tiny)


def test_what_is_borne_is_above_what_is_worth_mentioning() -> None:
    with pytest.raises(BadInput, match="least"):
        Trial(least=0.02)
    with pytest.raises(BadInput, match="with itself"):
        judge({}, LAYOUT, candidate="new", champion="new", now=START)


def test_only_what_can_be_counted_is_asked() -> None:
    assert list(questions(Kind.REGRESSION).values()) == [Worse.UP]
    assert questions(Kind.BINARY).keys() > questions(Kind.MULTICLASS).keys()


def test_whom_a_trial_leaves_out_says_nothing_about_it() -> None:
    cells = served(5, 12, n=20_000, harm={"north": 0.05})
    told = judge(
        cells,
        LAYOUT,
        candidate="new",
        champion="old",
        now=START + 12 * HOUR,
        trial=Trial(lasts=HOUR),
        within=Slice.of({"region": "south"}),
    )
    assert told.call is not Call.ABORT
    assert {one.slice.key for one in told.compared} == {"region=south"}
    assert {one.borne for one in told.compared} == {Trial().most}, "it is all of this trial"


def test_a_slice_that_was_never_counted_is_held() -> None:
    told = judge(
        served(5, 48, n=20_000),
        LAYOUT,
        candidate="new",
        champion="old",
        now=START + 48 * HOUR,
        within=Slice.of({"region": "atlantis"}),
    )
    assert (told.call, told.compared) == (Call.HOLD, ())
