"""A person says what happened, without an account, and nothing of it comes back as HTML."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.web.cast import Stage
from tests.web.public import with_page
from tocsin.base.slices import Slice
from tocsin.ingest.change import Complaint
from tocsin.store import audit, changes, tables
from tocsin.web.pages.complain import TEXT_MAX_CHARS

FORM = {
    "component": "apply",
    "text": "I was turned down although I earn enough. \u0645\u0631\u062d\u0628\u0627",
    "decision": "D-4711",
    "contact": "aspen@example.org",
    "website": "",
}
EVIL = '"><script>alert(1)</script><b onmouseover=x>'


@pytest.fixture
def public(stage: Stage, tmp_path: Path) -> Generator[Stage]:
    one = with_page(stage, tmp_path / "status")
    with one.client:
        yield one


def kept(stage: Stage) -> list[Complaint]:
    with stage.site.database.reading() as conn:
        ids = conn.execute(sa.select(tables.complaint.c.id)).scalars().all()
        return [changes.get_complaint(conn, id_) for id_ in ids]


def test_what_was_said_is_kept_and_a_reference_is_told(public: Stage) -> None:
    answer = public.client.post("/do/status/report", data=FORM)
    assert answer.status_code == 200
    (one,) = kept(public)
    assert (one.system, one.text) == ("loans", FORM["text"])
    assert (one.prediction_id, one.contact) == ("D-4711", "aspen@example.org")
    assert one.id in answer.text
    assert str(answer.url).endswith(f"/status/reported/{one.id}")
    public.client.get(str(answer.url))
    assert len(kept(public)) == 1
    with public.site.database.reading() as conn:
        last = audit.recent(conn, 1)[0].act
    assert (last.actor, last.action) == ("visitor", "complaint.recorded")
    assert "aspen@" not in str(last)


def test_a_sentence_is_enough_and_the_component_says_whom_it_is_about(public: Stage) -> None:
    public.client.post("/do/status/report", data={"component": "north", "text": " No. "})
    (one,) = kept(public)
    assert (one.text, one.prediction_id, one.contact) == ("No.", None, None)
    assert one.slice == Slice.of({"region": "north"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("component", "shop"),
        ("component", ""),
        ("text", "   "),
        ("text", EVIL + "x" * TEXT_MAX_CHARS),
        ("decision", "x" * 201),
        ("contact", EVIL + "x" * 201),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_has_to_be_written_twice(
    public: Stage, field: str, value: str
) -> None:
    answer = public.client.post("/do/status/report", data={**FORM, field: value})
    assert answer.status_code == 400
    assert kept(public) == []
    assert f'id="{field}-wrong"' in answer.text
    assert len(re.findall('role="alert"', answer.text)) == 1
    assert "<script>" not in answer.text
    assert "<b " not in answer.text
    if field != "text":
        assert "I was turned down although I earn enough." in answer.text


def test_a_reference_is_not_a_mirror(public: Stage) -> None:
    for reference in ("nonsense", "cmp_<b>", f"cmp_{'a' * 50}", "cmp_UPPER"):
        answer = public.client.get(f"/status/reported/{reference}")
        assert answer.status_code == 404
        assert reference not in answer.text


def test_a_filled_trap_is_thanked_and_kept_nowhere(public: Stage) -> None:
    answer = public.client.post("/do/status/report", data={**FORM, "website": "https://x"})
    assert answer.status_code == 200
    assert "Your reference is" in answer.text
    assert kept(public) == []


def test_it_is_bounded_in_bytes_and_in_number(public: Stage) -> None:
    huge = {**FORM, "text": "x" * 200_000}
    assert public.client.post("/do/status/report", data=huge).status_code == 413
    answers = [public.client.post("/do/status/report", data=FORM) for _ in range(35)]
    assert answers[-1].status_code == 429
    assert len(kept(public)) <= public.site.public_per_minute


def test_the_form_names_components_in_the_words_of_the_public(public: Stage) -> None:
    page = public.client.get("/status/report").text
    assert "Loan applications" in page
    for word in ("loans", "region", "Tocsin"):
        assert word not in page


def test_who_is_signed_in_sends_it_as_well(public: Stage) -> None:
    csrf = public.sign_in("aspen")
    assert csrf in public.client.get("/status/report").text
    answer = public.client.post("/do/status/report", data={**FORM, "csrf": csrf})
    assert answer.status_code == 200
    assert len(kept(public)) == 1
