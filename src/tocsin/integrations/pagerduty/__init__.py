"""PagerDuty by its Events API v2: a trigger per page, one alert there per incident here.

Needs: `routing_key`, the 32 signs of an "Events API v2" integration.   Network: `url`, by default
https://events.pagerduty.com/v2/enqueue (in Europe https://events.eu.pagerduty.com/v2/enqueue).
The incident is the `dedup_key`: a repeat changes nothing there, and PagerDuty's own escalation goes
on undisturbed, until somebody acknowledges or resolves the incident here: that is told there too.
Only 202 is acceptance; 400 is final, 429 and 5xx are retried.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.pagerduty.notifier import Pagerduty
from tocsin.integrations.pagerduty.settings import Settings

__all__ = ["Pagerduty", "Settings", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Pagerduty:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Pagerduty(Settings.parse(settings), client)
