"""What the library is told, whatever the address says."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.apprise.notifier import Apprise
from tocsin.integrations.apprise.settings import Settings


def test_nothing_of_the_address_shows() -> None:
    notifier = Apprise(Settings(url="json://localhost/hush"))
    assert "hush" not in repr(notifier)
    assert "hush" not in repr(vars(notifier)["_settings"])
    with pytest.raises(BadInput) as caught:
        Apprise(Settings(url="pigeon://hush"))
    assert "hush" not in str(caught.value)


def test_redirects_and_waits_are_ours_to_say() -> None:
    url = "json://localhost/x?redirect=yes&rto=90&cto=90"
    target = Apprise(Settings(url=url, timeout_s=2))._target(url)  # pyright: ignore[reportPrivateUsage]
    assert target is not None
    (service,) = target
    assert service.redirects is False
    assert service.request_timeout == (2, 2)
