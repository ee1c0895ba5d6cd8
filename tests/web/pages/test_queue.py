"""The pages of the queue: the list, one decision, one key each, and taking it back."""

import re
from datetime import timedelta

import pytest

from tests.web import waiting
from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tocsin.contain.referral import UNDO, State
from tocsin.store import referrals
from tocsin.store.referrals import Wanted
from tocsin.web.access import Scope


def seen(stage: Stage, path: str = "/queue") -> Page:
    return Page(stage.client.get(path).text)


def post(stage: Stage, path: str, csrf: str, **fields: str) -> str:
    """Send a form; return where it leads."""
    answer = stage.client.post(path, data={"csrf": csrf, **fields}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def id_of(path: str) -> str:
    found = re.search(r"/queue/(ref_\w+)", path)
    assert found, path
    return found[1]


def test_an_empty_queue_says_what_would_come(stage: Stage) -> None:
    stage.sign_in("oncall")
    page = seen(stage)
    assert page.text("h1").endswith("Nothing waits for a person.")
    assert "/do/queue/next" not in page.forms
    assert "review directive" in page.text("decisions")


def test_the_list_shows_what_waits_by_filter_and_what_people_say(stage: Stage) -> None:
    waiting.fill(stage.site, settled=20, waiting=55)
    stage.sign_in("oncall")
    page = seen(stage)
    assert "past the due time" in page.text("answer")
    assert "Show the next 50" in page.text("decisions")
    assert "stands for about" in page.text("figures")
    assert "kappa" in page.text("figures")
    more = re.search(r'href="(/queue\?[^"]*after=[^"]*)"', stage.client.get("/queue").text)
    assert more
    behind = seen(stage, more[1].replace("&amp;", "&"))
    assert "Back to the first" in behind.text("decisions")
    settled = seen(stage, "/queue?state=settled&system=loans")
    assert "settled" in settled.text("decisions")
    assert "None is overdue." not in seen(stage, "/queue?overdue=true").text("decisions")
    assert stage.client.get("/queue?system=nobody").status_code == 404
    assert stage.client.get("/queue?state=odd").status_code in {400, 422}


def test_one_is_taken_judged_and_the_next_is_there_at_once(stage: Stage) -> None:
    waiting.fill(stage.site, settled=0)
    csrf = stage.sign_in("oncall")
    first = post(stage, "/do/queue/next", csrf, system="loans")
    page = seen(stage, first)
    assert "Judge this loan decision." in page.text("h1")
    assert "payslip" in page.text("inputs")
    assert "Hidden until you have judged" in page.text("own")
    path = f"/do/queue/{id_of(first)}/judge"
    second = post(stage, path, csrf, answer="not approved", note="income is off", system="loans")
    assert id_of(second) != id_of(first)
    assert "Judged: not approved" in stage.client.get(second).text.replace(
        '<strong dir="auto">', ""
    ).replace("</strong>", "")
    again = post(stage, path, csrf, answer="not approved", system="loans")
    assert id_of(again) == id_of(second)  # a key pressed twice
    with stage.site.database.reading() as conn:
        one = referrals.get(conn, id_of(first))
    assert [(given.answer, given.note) for given in one.judgements] == [
        ("not approved", "income is off")
    ]


def test_a_judgement_is_taken_back_from_the_next_page_within_seconds(stage: Stage) -> None:
    waiting.fill(stage.site, settled=0, waiting=2)
    csrf = stage.sign_in("oncall")
    first = post(stage, "/do/queue/next", csrf)
    second = post(stage, f"/do/queue/{id_of(first)}/judge", csrf, answer="approved")
    assert f"/do/queue/{id_of(first)}/undo" in seen(stage, second).forms
    back = post(stage, f"/do/queue/{id_of(first)}/undo", csrf)
    assert id_of(back) == id_of(first)
    last = post(stage, f"/do/queue/{id_of(first)}/judge", csrf, answer="approved")
    stage.watch.forward(UNDO)
    assert f"/do/queue/{id_of(first)}/undo" not in seen(stage, last).forms
    late = stage.client.post(f"/do/queue/{id_of(first)}/undo", data={"csrf": csrf})
    assert late.status_code == 409


def test_the_last_one_leads_to_the_list(stage: Stage) -> None:
    waiting.fill(stage.site, settled=0, waiting=1)
    csrf = stage.sign_in("oncall")
    first = post(stage, "/do/queue/next", csrf)
    end = post(stage, f"/do/queue/{id_of(first)}/judge", csrf, answer="approved")
    assert end.startswith("/queue?judged=")
    assert f"/do/queue/{id_of(first)}/undo" in seen(stage, end).forms
    assert post(stage, "/do/queue/next", csrf) == "/queue"


def test_one_is_left_to_others_or_given_back(stage: Stage) -> None:
    waiting.fill(stage.site, settled=0, waiting=2)
    csrf = stage.sign_in("oncall")
    first = post(stage, "/do/queue/next", csrf)
    second = post(stage, "/do/queue/next", csrf, passing=id_of(first))
    assert id_of(second) != id_of(first)
    assert post(stage, f"/do/queue/{id_of(second)}/give-back", csrf) == "/queue"
    assert id_of(post(stage, f"/do/queue/{id_of(second)}/take", csrf)) == id_of(second)
    with stage.site.database.reading() as conn:
        holders = {
            one.id: one.holder(stage.watch()) for one in referrals.listed(conn, Wanted(), 10)
        }
    assert holders == {id_of(first): None, id_of(second): "oncall"}


@pytest.mark.parametrize("fields", [{}, {"answer": "perhaps"}, {"written": "  "}])
def test_what_is_no_answer_is_refused_in_words(stage: Stage, fields: dict[str, str]) -> None:
    waiting.fill(stage.site, settled=0, waiting=1)
    csrf = stage.sign_in("oncall")
    first = post(stage, "/do/queue/next", csrf)
    answer = stage.client.post(
        f"/do/queue/{id_of(first)}/judge",
        data={"csrf": csrf, **fields},
        headers={"Accept": "text/html"},
    )
    assert answer.status_code == 400
    with stage.site.database.reading() as conn:
        assert referrals.get(conn, id_of(first)).state is State.WAITING


def test_who_only_reads_sees_the_list_and_no_persons_data(stage: Stage) -> None:
    waiting.fill(stage.site, settled=0, waiting=1)
    stage.sign_in("viewer", frozenset({Scope.READ}))
    page = stage.client.get("/queue")
    assert "payslip" not in page.text
    assert "/queue/ref_" not in page.text
    with stage.site.database.reading() as conn:
        (one,) = referrals.listed(conn, Wanted(), 10)
    assert stage.client.get(f"/queue/{one.id}").status_code == 403


def test_a_settled_one_tells_who_judged_what(stage: Stage) -> None:
    waiting.fill(stage.site, settled=1, waiting=0)
    stage.watch.forward(timedelta(minutes=1))
    stage.sign_in("oncall")
    with stage.site.database.reading() as conn:
        (one,) = referrals.listed(conn, Wanted(state=State.SETTLED), 10)
    page = seen(stage, f"/queue/{one.id}")
    assert "was settled" in page.text("h1")
    assert "aspen" in page.text("judgements")
    assert page.forms.count(f"/do/queue/{one.id}/judge") == 0
