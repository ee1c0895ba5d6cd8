"""What an operator may get wrong."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.sms.settings import Settings
from tocsin.integrations.sms.template import Form

GOOD = {"url": "https://sms.example.org/hush", "body": "key=hush&to={address}&text={text}"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uri": "x"}, "unknown setting 'uri'"),
        ({"url": "http://sms.example.org/"}, "in the clear"),
        ({"url": "https://{address}.example.org/"}, "url fills in a host"),
        ({"method": "DELETE"}, "method is unknown; write one of POST, PUT, GET"),
        ({"method": "get"}, "a body does not go with GET"),
        ({"form": "xml"}, "form 'xml' is unknown"),
        ({"form": "json"}, "body is no JSON"),
        ({"body": "to={adress}&text={text}"}, r"unknown word \{adress\}; known are \{address\}"),
        ({"body": "text={text}"}, r"neither url nor body says \{address\}"),
        ({"body": "to={address}"}, r"neither url nor body says \{text\}"),
        ({"headers": "A: hush\nno header"}, "header 2 is none"),
        ({"headers": "A: schlüssel"}, "header 1 is none"),
        ({"headers": "A: {kee}"}, "A has an unknown word"),
        ({"username": "azalea"}, "username and password go together"),
        ({"most_chars": "10"}, "most_chars is no number from 60 to 1600"),
        ({"most_chars": "many"}, "most_chars is no number"),
        ({"timeout_s": "60"}, "timeout_s is no number"),
    ],
)
def test_it_is_refused_with_what_to_do_and_nothing_secret(
    change: dict[str, str], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Settings.parse({**GOOD, **change})
    assert caught.value.do
    assert "hush" not in str(caught.value)


def test_a_providers_request_is_read() -> None:
    headers = "Authorization: App hush\n\nX-A: b: c"
    settings = Settings.parse(
        {
            **GOOD,
            "form": "json",
            "body": '{"to": "{address}", "say": "{spoken}"}',
            "headers": headers,
            "method": "put",
            "most_chars": "160",
        }
    )
    assert settings.headers == {"Authorization": "App hush", "X-A": "b: c"}
    assert (settings.method, settings.form, settings.most_chars) == ("PUT", Form.JSON, 160)
    assert "hush" not in repr(settings)
