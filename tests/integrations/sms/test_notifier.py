"""Nothing of the request shows."""

import httpx

from tocsin.integrations.sms import Settings, Sms


def test_nothing_of_the_request_shows() -> None:
    with httpx.Client() as client:
        notifier = Sms(Settings(url="https://x.org/hush", body="hush", password="hush"), client)
        assert "hush" not in repr(notifier)
        assert "hush" not in repr(vars(notifier)["_settings"])
