"""Opsgenie's Alert API v2, and Jira Service Management's, which takes the same requests.

Needs: `api_key` of an API integration.   Network: `url`, by default
https://api.opsgenie.com/v2/alerts (Europe: https://api.eu.opsgenie.com/v2/alerts; Jira Service
Management: https://api.atlassian.com/jsm/ops/integration/v2/alerts).
The incident is the `alias`: a repeat only counts up there, and its own escalation goes on, until
somebody acknowledges or resolves the incident here: that is told there too.
A contact's address names who answers: `team:lending`, `schedule:...`, `escalation:...`, or a user's
mail address; or an id instead of a name, and only that for Jira Service Management.  Without one
the integration's own team answers.  Only 202 is acceptance.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.opsgenie.notifier import Opsgenie
from tocsin.integrations.opsgenie.settings import Settings

__all__ = ["Opsgenie", "Settings", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Opsgenie:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Opsgenie(Settings.parse(settings), client)
