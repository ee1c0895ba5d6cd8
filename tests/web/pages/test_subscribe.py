"""Who subscribes confirms, who leaves is forgotten, and nobody learns who else subscribes."""

import re
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.web.cast import Stage
from tests.web.pages.reading import Page
from tests.web.public import PAGE, with_page
from tocsin.incident.subscriber import Way, confirm_url, leave_url
from tocsin.store import subscribers, tables

MAIL = {"way": "mail", "address": "aspen@example.org"}
HOUR = timedelta(hours=1)


@pytest.fixture
def public(stage: Stage, tmp_path: Path) -> Generator[Stage]:
    one = with_page(stage, tmp_path / "status")
    with one.client:
        yield one


def ids(stage: Stage) -> list[str]:
    with stage.site.database.reading() as conn:
        table = tables.subscriber
        return list(conn.execute(sa.select(table.c.id).order_by(table.c.asked_at)).scalars())


def letters(stage: Stage) -> list[str]:
    with stage.site.database.reading() as conn:
        return list(conn.execute(sa.select(tables.letter.c.kind)).scalars())


def asked(stage: Stage, **form: str) -> str:
    answer = stage.client.post("/do/status/subscribe", data={**MAIL, **form})
    assert answer.status_code == 200, answer.text
    return answer.text


def path(url: str) -> str:
    return url.removeprefix("http://localhost:8470")


def test_the_whole_way_in_and_out(public: Stage) -> None:
    asked(public)
    (id_,) = ids(public)
    secret, base = public.site.secret, public.site.base_url
    link = path(confirm_url(base, secret, id_))
    assert "Do you want to be told?" in public.client.get(link).text
    with public.site.database.reading() as conn:
        assert subscribers.count(conn)[Way.MAIL] == 0  # a scanner that follows links is nobody
    form = {"s": link.partition("?s=")[2]}
    answer = public.client.post(f"/do/status/confirm/{id_}", data=form)
    assert "You will be told" in answer.text
    with public.site.database.reading() as conn:
        assert subscribers.count(conn)[Way.MAIL] == 1
    out = path(leave_url(base, secret, id_))
    assert "Do you want to leave?" in public.client.get(out).text
    assert ids(public) == [id_]
    assert "You have left" in public.client.post(out).text
    assert ids(public) == []
    assert "You have left" in public.client.get(out).text


def test_a_mailbox_leaves_with_one_press(public: Stage) -> None:
    asked(public)
    (id_,) = ids(public)
    url = path(leave_url(public.site.base_url, public.site.secret, id_))
    body = "List-Unsubscribe=One-Click"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert public.client.post(url, content=body, headers=kind).status_code == 200
    assert ids(public) == []


def test_known_and_unknown_addresses_get_the_same_answer(public: Stage) -> None:
    first = asked(public)
    with public.site.database.unit("subscriber", public.watch()) as unit:
        subscribers.confirm(unit, ids(public)[0])
    assert asked(public) == first
    public.watch.forward(HOUR)
    assert asked(public) == first
    assert asked(public, address="briar@example.org") == first
    assert letters(public) == ["confirmation", "reminder", "confirmation"]


def test_a_filled_trap_gets_the_same_answer_and_no_letter(public: Stage) -> None:
    assert asked(public, website="https://buy.example") == asked(public, address="b@example.org")
    assert letters(public) == ["confirmation"]


@pytest.mark.parametrize(
    ("way", "address"),
    [
        ("mail", "<script>alert(1)</script>"),
        ("mail", "aspen@example.org\r\nBcc: all@example.org"),
        ("webhook", "https://127.0.0.1/x"),
        ("webhook", "https://169.254.169.254/latest/meta-data"),
        ("webhook", "http://example.org/"),
    ],
)
def test_what_cannot_be_told_is_refused_and_comes_back_escaped(
    public: Stage, way: str, address: str
) -> None:
    answer = public.client.post("/do/status/subscribe", data={"way": way, "address": address})
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert letters(public) == []


def test_a_webhook_learns_its_secret_when_it_has_confirmed(public: Stage) -> None:
    asked(public, way="webhook", address="https://hooks.example.org/a")
    (id_,) = ids(public)
    link = path(confirm_url(public.site.base_url, public.site.secret, id_))
    assert not re.search("[0-9a-f]{64}", public.client.get(link).text)
    form = {"s": link.partition("?s=")[2]}
    answer = public.client.post(f"/do/status/confirm/{id_}", data=form)
    assert re.search("[0-9a-f]{64}", answer.text)


@pytest.mark.parametrize("which", ["confirm", "unsubscribe"])
def test_a_link_that_is_not_ours_opens_nothing(public: Stage, which: str) -> None:
    asked(public)
    (id_,) = ids(public)
    for signature in ("", "0" * 32):
        url = f"/status/{which}/{id_}?s={signature}"
        assert public.client.get(url).status_code == 403
    assert public.client.post(f"/status/unsubscribe/{id_}?s=x").status_code == 403
    refused = public.client.post(f"/do/status/confirm/{id_}", data={"s": "x"})
    assert refused.status_code == 403
    assert ids(public) == [id_]


def test_right_links_pass_however_many_share_a_mailbox_providers_address(public: Stage) -> None:
    asked(public)
    (id_,) = ids(public)
    site = public.site
    confirm = path(confirm_url(site.base_url, site.secret, id_))
    leave = path(leave_url(site.base_url, site.secret, id_))
    for link in (confirm, leave):
        for _ in range(site.public_per_minute + 1):
            assert public.client.get(link).status_code == 200
    (button,) = (form for form in Page(public.client.get(confirm).text).forms if id_ in form)
    form = {"s": confirm.partition("?s=")[2]}
    for _ in range(site.public_per_minute + 1):
        assert public.client.post(button, data=form).status_code == 200
    for _ in range(site.public_per_minute + 1):
        assert public.client.post(leave).status_code == 200
    assert ids(public) == []


def test_another_sites_page_cannot_subscribe_anybody(public: Stage) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = public.client.post("/do/status/subscribe", data=MAIL, headers=headers)
    assert answer.status_code == 403
    assert ids(public) == []


def test_one_address_of_the_internet_may_ask_only_so_often(public: Stage) -> None:
    answers = [
        public.client.post("/do/status/subscribe", data={**MAIL, "address": f"a{k}@e.org"})
        for k in range(40)
    ]
    assert answers[-1].status_code == 429
    assert len(ids(public)) <= public.site.public_per_minute


def test_where_no_way_is_declared_there_is_no_form(stage: Stage, tmp_path: Path) -> None:
    page = replace(PAGE, mail=None, webhooks=False)
    public = with_page(stage, tmp_path, page)
    with public.client as client:
        assert client.get("/status/subscribe").status_code == 404
        assert client.post("/do/status/subscribe", data=MAIL).status_code == 404
        assert "Be told" not in client.get("/status").text


def test_an_administrator_erases_an_address(public: Stage) -> None:
    asked(public)
    body = {"address": "ASPEN@example.org"}
    assert public.ask("responder", "POST", "/v1/status/erasures", body).status_code == 403
    assert public.ask("admin", "POST", "/v1/status/erasures", body).json() == {"erased": 1}
    with public.site.database.reading() as conn:
        for table in tables.metadata.tables.values():
            for row in conn.execute(sa.select(table)).mappings():
                assert "example.org" not in str(dict(row)).lower(), table.name
