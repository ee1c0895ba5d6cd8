"""Nothing of the address shows."""

import httpx

from tocsin.integrations.teams import Settings, Teams


def test_nothing_of_the_address_shows() -> None:
    with httpx.Client() as client:
        notifier = Teams(Settings(url="https://example.org/hush"), client)
        assert "hush" not in repr(notifier)
        assert "hush" not in repr(vars(notifier)["_settings"])
