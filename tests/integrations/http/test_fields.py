"""What an operator may get wrong, told without quoting what may be secret."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.http.fields import Fields, Setting

KNOWN = ("url", "key", "timeout_s")


def fields(**settings: str) -> Fields:
    return Fields("pigeon", settings, KNOWN)


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="pigeon: unknown setting 'uri'; known are key, timeout_s"):
        fields(uri="x")


@pytest.mark.parametrize("url", ["", "ftp://x.org", "https://", "x.org/a", "https://x:port/a"])
def test_what_is_no_web_address_is_refused_unquoted(url: str) -> None:
    with pytest.raises(BadInput, match="url is missing or no web address") as caught:
        fields(url=url).address()
    assert not url or url not in caught.value.what


def test_secrets_travel_in_the_clear_on_this_machine_only() -> None:
    with pytest.raises(BadInput, match="in the clear"):
        fields(url="http://example.org/token").address()
    assert fields(url="http://example.org/x").address(secure=False) == "http://example.org/x"
    for host in ("127.0.0.1", "localhost:99", "[::1]:99"):
        assert fields(url=f"http://{host}/x").address() == f"http://{host}/x"


def test_a_default_stands_in_for_what_is_not_set() -> None:
    assert fields().address("https://api.example.org/") == "https://api.example.org/"
    assert fields().timeout_s() == 5
    assert fields(key=" x ").text("key") == "x"
    assert fields().text("key") == ""


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_can_be_none_is_refused_unquoted(key: str) -> None:
    with pytest.raises(BadInput, match="pigeon: key ") as caught:
        fields(key=key).secret("key", "copy it")
    assert caught.value.do == "copy it"
    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "8.1", "nan", "inf"])
def test_a_wait_longer_than_a_claim_is_refused(seconds: str) -> None:
    with pytest.raises(BadInput, match="timeout_s is no number between 0 and 8"):
        fields(timeout_s=seconds).timeout_s()


def test_lists_and_mappings_are_read_as_such_and_nothing_else() -> None:
    given: dict[str, Setting] = {"url": ("a", "b"), "key": {"a": "b"}, "timeout_s": "5"}
    read = Fields("pigeon", given, KNOWN)
    assert read.words("url") == ("a", "b")
    assert read.pairs("key") == {"a": "b"}
    for ask, name in ((read.text, "url"), (read.words, "timeout_s"), (read.pairs, "url")):
        with pytest.raises(BadInput, match=f"{name} is not"):
            ask(name)
    assert fields().words("url") == ()
    assert fields().pairs("key") == {}


def test_what_must_be_there_is_asked_for_and_space_may_be_part_of_a_secret() -> None:
    with pytest.raises(BadInput, match="pigeon: key is missing; name it"):
        fields(key=" ").needed("key", "name it")
    assert fields(key=" x ").needed("key", "name it") == "x"
    assert fields(key=" x ").exact("key") == " x "
