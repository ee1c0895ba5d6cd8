from dataclasses import replace
from datetime import timedelta

import pytest

from tests.learn.cases import SUSPECT, T0, incident, minutes
from tocsin.base.spans import Span
from tocsin.contain.verify import Rate
from tocsin.diagnose.blast import blast
from tocsin.diagnose.conclude import conclude
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.onset import Onset
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.ingest.system import Impact

BUCKETS = [Span(minutes(k), minutes(k + 1)) for k in range(3)]
REACH = blast(130, Rate(20, 130), Rate(600, 1_000), Impact(cost_per_error=10.0), by_outcomes=False)
INPUT = replace(SUSPECT, kind=SuspectKind.COLUMN, title="Input income")


def concluded(*suspects: Suspect, began: Onset | None = None) -> Diagnosis:
    return conclude(
        incident(),
        now=T0 + timedelta(hours=1),
        measure="selection_rate",
        buckets=BUCKETS,
        began=began,
        reach=REACH,
        suspects=suspects,
    )


def test_the_onset_is_the_likeliest_bucket_within_its_credible_run() -> None:
    diagnosis = concluded(SUSPECT, began=Onset((0.05, 0.6, 0.35)))
    assert diagnosis.onset == minutes(1)
    assert diagnosis.onset_span == Span(minutes(1), minutes(3))
    assert "most likely between 14:06:00 and 14:08:00" in diagnosis.summary


def test_reach_is_carried_over() -> None:
    diagnosis = concluded(SUSPECT)
    assert (diagnosis.affected, diagnosis.cost) == (130, REACH.cost)
    assert diagnosis.onset is None
    assert "cannot be said yet" in diagnosis.summary
    assert REACH.text in diagnosis.summary


@pytest.mark.parametrize(
    ("score", "words"),
    [(0.93, "Almost certainly"), (0.6, "Probably"), (0.3, "Possibly")],
)
def test_words_go_with_the_probability(score: float, words: str) -> None:
    assert f"{words} caused by: income v311" in concluded(replace(SUSPECT, score=score)).summary


def test_an_unknown_cause_points_at_the_input() -> None:
    unknown = replace(SUSPECT, kind=SuspectKind.UNKNOWN)
    summary = concluded(unknown, INPUT).summary
    assert "No recorded change explains it. Look at where input income comes from." in summary
