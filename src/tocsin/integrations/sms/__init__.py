"""Text messages and calls through any provider with an HTTP API: its request stands in settings.

Needs: `url` and `body`; usually `headers`, or `username` and `password`.   Network: that URL.
`url`, `body` and the values of `headers` may hold these words, filled in for each page:

    {address} {text} {spoken} {subject} {severity} {acknowledge_url} {incident_url} {key}

`{text}` is the subject with both links, the subject cut until it fits `most_chars`; `{spoken}` is
a sentence for a voice, of letters, digits and simple stops.  What is filled in is encoded for where
it stands: a form's value, a JSON string, a part of an address.  A contact's address is a telephone
number, +15005550006.  Any 2xx is acceptance; with `receipt`, the field of the JSON answer that
holds the message's id, only one with that field is.  Providers drop no repeats unless they read the
header `Idempotency-Key`, which goes along.
"""

from collections.abc import Mapping

import httpx

from tocsin.integrations.sms.notifier import Sms
from tocsin.integrations.sms.settings import Settings

__all__ = ["Settings", "Sms", "build"]


def build(settings: Mapping[str, str], client: httpx.Client) -> Sms:
    """Return the notifier of one channel.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Sms(Settings.parse(settings), client)
