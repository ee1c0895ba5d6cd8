"""Where the registry is, which alias, and how to show who we are."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.mlflow import Settings


def test_a_token_and_a_password_stay_out_of_sight() -> None:
    plain = {"url": "https://mlflow.example.org/", "model": "credit"}
    assert Settings.parse(plain).url == "https://mlflow.example.org"
    assert Settings.parse(plain | {"token": "hush"}).authorization == "Bearer hush"
    basic = Settings.parse(plain | {"username": "tocsin", "password": "hush"})
    assert basic.authorization == "Basic dG9jc2luOmh1c2g="
    assert "hush" not in repr(basic)
    assert set(basic.secrets) == {"hush", "dG9jc2luOmh1c2g="}


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"url": "https://mlflow.example.org"}, "mlflow: model is missing"),
        ({"model": "credit"}, "mlflow: url is missing"),
        ({"url": "http://mlflow.example.org", "model": "m", "token": "abcd"}, "in the clear"),
        ({"url": "https://a.org", "model": "m", "token": "t", "username": "u"}, "both set"),
        ({"url": "https://a.org", "model": "m", "username": "u"}, "password is missing"),
        ({"url": "https://a.org", "model": "m", "alias": "a b"}, "alias holds a sign"),
        ({"url": "https://a.org", "model": "m", "tag": "x"}, "unknown setting 'tag'"),
    ],
)
def test_what_is_wrong_with_settings_is_said(settings: dict[str, str], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Settings.parse(settings)
