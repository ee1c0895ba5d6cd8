from dataclasses import replace

from tests.learn.cases import DIAGNOSIS, ENTRIES, PLAN, VERIFIED, entry, incident
from tocsin.contain.plan import PlanState
from tocsin.contain.verify import Recovery
from tocsin.diagnose.suspect import SuspectKind
from tocsin.incident.incident import EntryKind
from tocsin.learn.lessons import Facts, lessons
from tocsin.learn.response import ResponseBudget, response_times

GOOD = Facts(
    incident=incident(),
    entries=ENTRIES,
    diagnosis=DIAGNOSIS,
    plans=((PLAN, PlanState.APPLIED),),
    verifications=(VERIFIED,),
    complaints=(),
)


def told(facts: Facts) -> tuple[str, str, str]:
    parts = lessons(facts, response_times(facts.incident), ResponseBudget())
    well, badly, lucky = (" ".join(part) for part in parts)
    return well, badly, lucky


def test_a_good_response_has_nothing_held_against_it() -> None:
    well, badly, lucky = told(GOOD)
    assert badly == ""
    assert "Recovery was verified" in well
    assert "named from the records: income v311" in well
    assert "One page was enough" in well
    assert "Nobody had complained" in lucky


def test_each_weakness_is_told() -> None:
    pages = tuple(entry(9 + k, EntryKind.PAGE) for k in range(3))
    unknown = replace(DIAGNOSIS.suspects[0], kind=SuspectKind.UNKNOWN)
    weak = replace(
        GOOD,
        entries=(*pages, entry(20, EntryKind.EXPIRED)),
        plans=((PLAN, PlanState.WITHDRAWN),),
        diagnosis=replace(DIAGNOSIS, suspects=(unknown,)),
        verifications=(replace(VERIFIED, verdict=Recovery.WORSE),),
    )
    _, badly, _ = told(weak)
    for words in (
        "3 pages stand",
        "ran out before recovery",
        "No containment plan",
        "No recorded change explains it",
        "made it worse",
    ):
        assert words in badly
