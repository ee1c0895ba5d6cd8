"""Acknowledgement links cannot be guessed, moved to another page, or bent."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.alert.links import acknowledge_url, check, check_test, reached_url, sign, sign_test

SECRET = b"a secret of this installation"


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_signature_fits_its_own_page_alone(one: str, other: str) -> None:
    assert check(SECRET, one, sign(SECRET, one))
    assert check(SECRET, other, sign(SECRET, one)) == (one == other)


@given(st.text(max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    assert check(SECRET, "page_1", text) == (text == sign(SECRET, "page_1"))


def test_another_secret_signs_otherwise() -> None:
    assert not check(b"another", "page_1", sign(SECRET, "page_1"))


def test_the_link_names_the_page_and_carries_its_signature() -> None:
    url = acknowledge_url("http://localhost:8470/", SECRET, "page_1")
    assert url == f"http://localhost:8470/acknowledge/page_1?s={sign(SECRET, 'page_1')}"


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_link_of_a_test_page_takes_no_page_and_no_other_test(one: str, other: str) -> None:
    assert check_test(SECRET, one, sign_test(SECRET, one))
    assert check_test(SECRET, other, sign_test(SECRET, one)) == (one == other)
    assert not check(SECRET, one, sign_test(SECRET, one))
    assert not check_test(SECRET, one, sign(SECRET, one))


def test_the_link_of_a_test_page_names_it_and_carries_its_signature() -> None:
    url = reached_url("http://localhost:8470/", SECRET, "test_1")
    assert url == f"http://localhost:8470/test-pages/test_1?s={sign_test(SECRET, 'test_1')}"
