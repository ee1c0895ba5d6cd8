"""Which object of which cluster, and how to show who we are."""

from pathlib import Path

import pytest

from tocsin.alert.ports import DeliveryError
from tocsin.base.errors import BadInput
from tocsin.integrations.kubernetes import Settings

GOOD = {"namespace": "ml", "name": "credit", "token": "hush-hush"}


def test_inside_a_cluster_its_address_is_known() -> None:
    settings = Settings.parse("kserve", GOOD)
    assert settings.url == "https://kubernetes.default.svc"
    assert settings.bearer() == "hush-hush"
    assert "hush" not in repr(settings)


def test_a_token_file_is_read_when_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    given = GOOD | {"token": "", "token_file": str(file)}
    settings = Settings.parse("kserve", given)
    for bad in (None, "", "two words", "é"):
        if bad is not None:
            file.write_text(bad)
        with pytest.raises(DeliveryError, match="cannot read a token from token_file") as caught:
            settings.bearer()
        assert caught.value.retryable
    file.write_text("hush\n")
    assert settings.bearer() == "hush"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"namespace": ""}, "kserve: namespace is missing"),
        ({"name": "../secrets/x"}, "name is no name of Kubernetes"),
        ({"token": ""}, "neither or both of token and token_file"),
        ({"token_file": "/x"}, "neither or both of token and token_file"),
        ({"url": "http://10.0.0.1"}, "in the clear"),
        ({"candidate": "x"}, "unknown setting 'candidate'"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, str], what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Settings.parse("kserve", GOOD | change)
