from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.heartbeat import HeartbeatForm
from tocsin.config.load import Config, load

TEXT = """\
version: 1
systems: {loans: {reference: loans.parquet}}
heartbeat: {url: "https://beats.example.org/${KEY}", every: 2m}
"""


def of(config: Config) -> HeartbeatForm:
    assert config.heartbeat is not None
    return config.heartbeat


def test_the_address_is_filled_from_the_environment_and_never_shown() -> None:
    config = load(TEXT, "tocsin.yaml", {"KEY": "s3cr3t"})
    assert of(config).url == "https://beats.example.org/s3cr3t"
    assert (of(config).every, of(config).method) == (timedelta(minutes=2), "POST")
    assert "s3cr3t" not in repr(config)


def test_without_it_nobody_is_called() -> None:
    assert load(TEXT.partition("heartbeat")[0], "tocsin.yaml", {}).heartbeat is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT, "environment variable KEY is not set"),
        (TEXT.replace("https://beats.example.org/${KEY}", "s3cr3t"), "http:// or https://"),
        (TEXT.replace("2m", "0s"), "heartbeat"),
    ],
)
def test_what_cannot_be_called_is_refused_without_the_address(text: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(text, "tocsin.yaml", {})
    assert says in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
