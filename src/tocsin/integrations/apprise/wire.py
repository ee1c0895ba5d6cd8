"""A notice in Apprise's words.  Pure."""

from collections.abc import Mapping
from urllib.parse import quote

from tocsin.alert.message import without_links
from tocsin.alert.notice import Notice
from tocsin.integrations.http import cut

ADDRESS = "{address}"
_TITLE_MAX_CHARS = 200
_TEXT_MAX_CHARS = 3000
_KINDS: Mapping[str, str] = {"SEV1": "failure", "SEV2": "failure", "SEV3": "warning"}


def address(url: str, notice: Notice) -> str:
    """Return where to send: the service's address with the contact's in it."""
    return url.replace(ADDRESS, quote(notice.address.strip(), safe="", errors="replace"))


def title(notice: Notice) -> str:
    """Return the subject on one line."""
    return cut(" ".join(notice.subject.split()), _TITLE_MAX_CHARS)


def body(notice: Notice) -> str:
    """Return the text, with its links first: a service may cut the end off."""
    take = notice.acknowledge_url
    taking = f"I have it (acknowledge): {take}\n" if take else ""
    links = f"{taking}Look at it: {notice.incident_url}"
    return f"{links}\n\n{cut(without_links(notice), _TEXT_MAX_CHARS)}"


def kind(notice: Notice) -> str:
    """Return how grave it is in Apprise's words."""
    return _KINDS.get(notice.severity, "info")
