"""The panel of updates in words: what is overdue, what comes next, whether it arrived."""

from dataclasses import replace
from datetime import timedelta

from tests.incident.test_lifecycle import NOW, opened, resolved
from tests.incident.test_update import BOARD, sent
from tocsin.alert.ports import Receipt
from tocsin.incident.incident import Incident, Severity
from tocsin.incident.update import Update, Voice, dues
from tocsin.incident.voices import Draft
from tocsin.oncall.person import Contact
from tocsin.store.outbox import PageState
from tocsin.store.updates import Telling
from tocsin.web.telling import Told
from tocsin.web.views.marks import Mark
from tocsin.web.views.telling import Panel, panel

LEADS = replace(BOARD, name="leads", voice=Voice.TECHNICAL)
DRAFT = Draft(Voice.EXECUTIVE, "subject", "text")


def row(state: PageState, error: str | None = None) -> Telling:
    return Telling(
        id="tell_1",
        key="k",
        incident="inc_1",
        update="upd_1",
        audience="board",
        reminder=None,
        contact=Contact("board", "mail", "board@example.org"),
        state=state,
        created_at=NOW,
        next_try_at=NOW,
        attempts=1,
        owner=None,
        error=error,
        receipt=Receipt("smtp", "1") if state is PageState.ACCEPTED else None,
        accepted_at=None,
    )


def shown(
    incident: Incident, *updates: Update, minutes: int = 0, rows: tuple[Telling, ...] = ()
) -> Panel:
    told = Told(
        audiences=(BOARD, LEADS),
        updates=updates,
        tellings=rows,
        dues=tuple(dues(incident, (BOARD, LEADS), updates)),
    )
    return panel(incident, told, [DRAFT], now=NOW + timedelta(minutes=minutes))


def test_what_comes_next_and_what_is_overdue_is_said() -> None:
    incident = opened(Severity.SEV1)
    early = shown(incident, minutes=12)
    assert (early.says, early.mark) == ("Next update due in 18 min, to board.", None)
    assert not early.drafts[0].open
    late = shown(incident, sent(NOW, "leads"), minutes=30)
    assert late.says == "An update to board and leads is overdue."
    assert late.mark is Mark.AT_RISK
    assert late.drafts[0].open
    half = shown(incident, sent(NOW + timedelta(minutes=9), "board"), minutes=30)
    assert half.says == "An update to leads is overdue."
    assert not half.drafts[0].open


def test_each_state_without_a_debt_has_its_sentence() -> None:
    assert shown(opened(Severity.SEV4)).says == "No update is owed at SEV4; you may send one."
    merged = replace(resolved(), merged_into="inc_2")
    assert "the other incident tells for both" in shown(merged).says
    both = sent(NOW, "board", "leads", last=True)
    assert shown(resolved(), both).says == "Everybody who waited has had the last update."
    assert shown(resolved(), minutes=9).says == "The last update to board and leads is overdue."


def test_a_draft_says_who_would_be_told() -> None:
    (draft,) = shown(opened()).drafts
    assert (draft.whom, draft.contacts) == ("board", "1 contact")


def test_what_was_sent_says_how_far_it_came() -> None:
    update = sent(NOW)
    rows = (row(PageState.ACCEPTED), row(PageState.FAILED, "gone"), row(PageState.DUE, "busy"))
    (one,) = shown(opened(), update, rows=rows).sent
    assert one.says == "arrived at 1 of 3 contacts, 1 failed"
    assert one.troubles == ("board by mail: gone", "board by mail: busy")
