"""What a canary of an incident teaches."""

from dataclasses import replace

import pytest

from tests.learn.cases import TRIED, minutes
from tocsin.contain.canary import Call
from tocsin.contain.directive import OnAbort
from tocsin.learn.tried import Called, Tried, lessons


def judged(*calls: Call, on_abort: OnAbort = OnAbort.STOP) -> Tried:
    told = TRIED.calls[0].told
    return replace(
        TRIED,
        directive=replace(TRIED.directive, on_abort=on_abort),
        calls=tuple(Called(minutes(k), replace(told, call=call)) for k, call in enumerate(calls)),
    )


@pytest.mark.parametrize(
    ("tried", "well", "badly"),
    [
        (judged(Call.HOLD, Call.PROMOTE), "Version 8 was proven as a canary, on 10 % of", ""),
        (judged(Call.HOLD, Call.ABORT), "did harm on 10 % of the traffic and was stopped", ""),
        (judged(Call.ABORT, on_abort=OnAbort.NOTIFY), "", "that did not stop it by itself"),
        (judged(Call.HOLD), "", "Version 8 was tried as a canary and never proven."),
        (judged(), "", "never proven"),
    ],
)
def test_the_last_verdict_says_what_went_well_and_what_did_not(
    tried: Tried, well: str, badly: str
) -> None:
    for found, said in zip(lessons([tried]), (well, badly), strict=True):
        assert len(found) == bool(said)
        assert all(said in line for line in found)


def test_a_canary_is_called_by_what_it_was_and_was_stopped_only_if_it_was_told_to() -> None:
    assert TRIED.what == "10 % of everyone is decided with version 8"
    assert (TRIED.verdict, TRIED.stopped) == (Call.ABORT, True)
    assert not judged(Call.ABORT, on_abort=OnAbort.NOTIFY).stopped
    assert judged().verdict is None
