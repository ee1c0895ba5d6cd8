"""War rooms: a link by template or by a person, and nothing that is no http(s) address."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.incident.test_lifecycle import NOW, opened, resolved
from tocsin.base.errors import BadInput
from tocsin.incident import warroom
from tocsin.incident.incident import EntryKind


def test_a_template_names_incident_number_and_system() -> None:
    incident = replace(opened(), system="loans & more")
    template = "https://chat.example.org/{system}/{incident}?n={number}"
    warroom.check(template)
    assert (
        warroom.link(template, incident)
        == "https://chat.example.org/loans%20%26%20more/inc-42?n=42"
    )
    assert warroom.link("", incident) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chat.example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org",
        "https://",
        "http:///path",
        "https://exa mple.org",
        "https://example.org/\u202ecod",
        "https://[::1",
        "https://aspen:secret@example.org/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadInput, match=r"war room|address") as caught:
        warroom.address(text)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=40))
def test_whatever_is_taken_is_an_http_address(text: str) -> None:
    for candidate in (text, f"https://{text}", f"http://example.org/{text}"):
        try:
            taken = warroom.address(candidate)
        except BadInput:
            continue
        assert taken.lower().startswith(("http://", "https://"))
        assert not any(ch.isspace() for ch in taken)


def test_setting_it_is_a_line_that_tells_what_was_before() -> None:
    first, (line,) = warroom.set_(
        opened(), "https://a.example.org", actor="aspen", now=NOW, entry_id="e"
    )
    assert first.war_room == "https://a.example.org"
    assert (line.kind, line.text) == (
        EntryKind.WAR_ROOM,
        "the war room is at https://a.example.org",
    )
    again, none = warroom.set_(first, "https://a.example.org", actor="aspen", now=NOW, entry_id="e")
    assert (again, none) == (first, ())
    gone, (line,) = warroom.set_(first, None, actor="aspen", now=NOW, entry_id="e")
    assert gone.war_room is None
    assert dict(line.facts) == {"from": "https://a.example.org", "to": ""}


def test_it_may_be_set_after_the_end() -> None:
    after, lines = warroom.set_(
        resolved(), "https://a.example.org", actor="aspen", now=NOW, entry_id="e"
    )
    assert after.war_room == "https://a.example.org"
    assert len(lines) == 1
