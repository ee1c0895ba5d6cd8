"""Nothing of the key shows."""

import httpx

from tocsin.integrations.opsgenie import Opsgenie, Settings


def test_nothing_of_the_key_shows() -> None:
    with httpx.Client() as client:
        notifier = Opsgenie(Settings(api_key="k" * 32), client)
        assert "kkk" not in repr(notifier)
        assert "kkk" not in repr(vars(notifier)["_settings"])
