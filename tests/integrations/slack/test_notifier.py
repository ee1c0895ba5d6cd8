"""Nothing of the address or the token shows."""

import httpx

from tocsin.integrations.slack import Settings, Slack


def test_nothing_of_address_or_token_shows() -> None:
    with httpx.Client() as client:
        notifier = Slack(Settings(url="https://hooks.example.org/hush", token="hush"), client)
        assert "hush" not in repr(notifier)
        assert "hush" not in repr(vars(notifier)["_settings"])
