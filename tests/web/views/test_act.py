"""What is said of an actuator under its directive: the last act, in a few words."""

from dataclasses import replace

import pytest

from tests.store.examples import NOW, directive
from tests.store.test_acts import FIRST
from tocsin.contain.act import Act, Deed, Phase
from tocsin.store.acts import ActRow
from tocsin.store.outbox import PageState
from tocsin.web.views.act import act_views, directive_view
from tocsin.web.views.marks import Mark


def row(act: Act, error: str | None = None, attempts: int = 1) -> ActRow:
    return ActRow(
        act=act,
        state=PageState.DUE,
        next_try_at=NOW,
        attempts=attempts,
        owner=None,
        error=error,
    )


@pytest.mark.parametrize(
    ("deed", "phase", "error", "says", "mark"),
    [
        (Deed.APPLY, Phase.PENDING, None, "being done", Mark.NO_DATA),
        (Deed.REVERT, Phase.APPLYING, None, "being put back", Mark.NO_DATA),
        (Deed.APPLY, Phase.APPLYING, "no", "tried again after 4 tries: no", Mark.AT_RISK),
        (Deed.APPLY, Phase.APPLIED, None, "done and read back", Mark.CONTAINED),
        (Deed.REVERT, Phase.REVERTED, None, "put back and read back", Mark.HEALTHY),
        (Deed.APPLY, Phase.FAILED, "no", "failed: no", Mark.HARM),
        (Deed.REVERT, Phase.FAILED, "no", "not put back: no", Mark.HARM),
        (Deed.APPLY, Phase.DROPPED, None, "was not needed any more", Mark.NO_DATA),
    ],
)
def test_every_phase_has_its_words_and_its_mark(
    deed: Deed, phase: Phase, error: str | None, says: str, mark: Mark
) -> None:
    act = replace(FIRST, deed=deed, phase=phase, error=error)
    (view,) = act_views([row(act, error, 4)], "dir_1")
    assert (view.actuator, view.says, view.mark) == ("registry", says, mark)


def test_the_last_act_of_each_actuator_counts_and_only_for_its_directive() -> None:
    rows = [
        row(replace(FIRST, phase=Phase.APPLIED)),
        row(replace(FIRST, actuator="flag", phase=Phase.APPLIED)),
        row(replace(FIRST, deed=Deed.REVERT, phase=Phase.REVERTED)),
        row(replace(FIRST, directive="dir_2", phase=Phase.FAILED)),
    ]
    view = directive_view(directive(), None, rows, NOW)
    assert view.says[0].isupper()
    assert [(one.actuator, one.says) for one in view.acts] == [
        ("registry", "put back and read back"),
        ("flag", "done and read back"),
    ]
