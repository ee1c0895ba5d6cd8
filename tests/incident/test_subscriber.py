"""Whoever subscribes gives a real address outside, and only the links that we signed open doors."""

from ipaddress import ip_address

import pytest

from tests.incident.public import NOW
from tocsin.base.errors import BadInput
from tocsin.incident.subscriber import (
    Subscriber,
    Way,
    address_of,
    check,
    confirm_url,
    hook_secret,
    inside,
    leave_url,
    networks,
    signature,
)

SECRET = b"0123456789abcdef"
INTERNAL = networks(["10.0.0.0/8"])


@pytest.mark.parametrize(
    "text",
    [
        *("", "aspen", "aspen@host", "a b@example.org", "aspen@example.org\nBcc: x@y.z"),
        *(
            "aspen@example..org",
            "<aspen@example.org>",
            "aspen@example.org,b@c.de",
            "a" * 250 + "@b.de",
        ),
    ],
)
def test_what_is_no_mail_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        address_of(Way.MAIL, text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://intranet/",
        "https://db.internal/",
        "https://printer.local/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "http://example.org/",
        "https://example.org:22/",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "ftp://example.org/",
        "https://",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://example.org/" + "a" * 300,
    ],
)
def test_a_webhook_inside_or_none_at_all_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        address_of(Way.WEBHOOK, url)


@pytest.mark.parametrize("url", ["https://hooks.example.org/a?b=c", "https://9.9.9.9:8443/"])
def test_a_webhook_outside_is_taken(url: str) -> None:
    assert address_of(Way.WEBHOOK, f" {url} ") == url


def test_who_runs_the_server_may_open_networks_of_their_own_and_no_others() -> None:
    for url in ("http://10.1.2.3:8080/x", "http://hook.internal/"):
        assert address_of(Way.WEBHOOK, url, INTERNAL) == url
    with pytest.raises(BadInput):
        address_of(Way.WEBHOOK, "http://192.168.0.1/", INTERNAL)
    assert not inside(ip_address("10.0.0.1"), INTERNAL)
    with pytest.raises(BadInput, match="not a network"):
        networks(["10.0.0.1/8"])


def test_links_open_what_they_were_signed_for_and_nothing_else() -> None:
    shown = signature(SECRET, "confirm", "sub_1")
    assert check(SECRET, "confirm", "sub_1", shown)
    assert not check(SECRET, "leave", "sub_1", shown)
    assert not check(SECRET, "confirm", "sub_2", shown)
    assert not check(b"another", "confirm", "sub_1", shown)
    assert not check(SECRET, "confirm", "sub_1", "é")
    assert confirm_url("https://x.example", SECRET, "sub_1").endswith(f"/sub_1?s={shown}")
    assert leave_url("https://x.example", SECRET, "sub_1") != confirm_url(
        "https://x.example", SECRET, "sub_1"
    )
    assert hook_secret(SECRET, "sub_1") != hook_secret(SECRET, "sub_2")


def test_an_address_is_in_no_repr() -> None:
    one = Subscriber(id="sub_1", way=Way.MAIL, address="aspen@example.org", asked_at=NOW)
    assert "example.org" not in repr(one)
