from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tests.web.test_playbooks import followed
from tocsin.contain.builtin import BUILT_IN


def test_every_playbook_stands_on_its_page(stage: Stage) -> None:
    stage.sign_in("reader")
    page = Page(stage.client.get("/playbooks").text)
    assert page.text("h1").startswith(f"{len(BUILT_IN)} playbooks; {len(BUILT_IN)} were not")
    for one in BUILT_IN:
        assert one.title in page.text(one.name)
        assert "never rehearsed" in page.text(one.name)
        assert "`" not in page.text(one.name), "a page draws no Markdown"


def test_the_room_offers_the_next_step_and_says_who_did_the_others(stage: Stage) -> None:
    place = followed(stage)
    csrf = stage.sign_in("aspen")
    number = stage.ask("reader", "GET", place).json()["number"]
    room = f"/incidents/{number}"
    assert "0 of 5 steps" in Page(stage.client.get(room).text).text("playbook")
    form = {"csrf": csrf, "done": "skipped", "note": "no rules yet"}
    answer = stage.client.post(f"/do{room}/playbook/1", data=form, follow_redirects=False)
    assert answer.status_code == 303
    shown = Page(stage.client.get(room).text).text("playbook")
    assert "1 of 5 steps" in shown
    assert "left out by aspen" in shown
    assert "no rules yet" in shown


def test_another_playbook_is_followed_by_form(stage: Stage) -> None:
    place = followed(stage)
    csrf = stage.sign_in("aspen")
    number = stage.ask("reader", "GET", place).json()["number"]
    form = {"csrf": csrf, "playbook": "kpi-drop"}
    stage.client.post(f"/do/incidents/{number}/playbook", data=form, follow_redirects=False)
    shown = Page(stage.client.get(f"/incidents/{number}").text).text("playbook")
    assert "A number of the business moved : 0 of 4 steps" in shown
