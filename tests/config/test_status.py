"""The status page and the rule of complaints, as declared in `tocsin.yaml`."""

from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.incident.incident import Severity
from tocsin.incident.intake import IntakeRule
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import Way

TEXT = """\
version: 1
systems: {loans: {reference: loans.parquet}}
notifiers:
  letters: {kind: smtp, settings: {host: mail.example.org, from: status@example.org}}
  chat: {kind: webhook}
status:
  title: Acme lending
  contact: help@acme.example
  mail: letters
  webhooks: true
  publish_from: SEV1
  internal: [10.0.0.0/8]
  components:
    apply:
      title: Loan applications
      systems: [loans]
      wording: {region=north: people in the north}
complaints: {open_at: 3, within: 12h, severity: SEV2}
"""


def of(text: str) -> StatusPage:
    page = load(text, "tocsin.yaml").status
    assert page is not None
    return page


def test_everything_declared_is_there() -> None:
    page = of(TEXT)
    (one,) = page.components
    assert (one.key, one.title, one.systems) == ("apply", "Loan applications", ("loans",))
    assert one.wording == {"region=north": "people in the north"}
    assert (page.publish_from, page.ways) == (Severity.SEV1, (Way.MAIL, Way.WEBHOOK))
    assert [str(network) for network in page.internal] == ["10.0.0.0/8"]
    assert page.component("apply") == one
    assert page.component("other") is None
    rule = load(TEXT, "tocsin.yaml").complaints
    assert rule == IntakeRule(number=3, within=timedelta(hours=12), severity=Severity.SEV2)


def test_without_a_word_there_is_no_page_and_five_complaints_a_day_are_a_ticket() -> None:
    config = load(TEXT.partition("status:")[0], "tocsin.yaml")
    assert config.status is None
    assert (config.complaints.number, config.complaints.severity) == (5, Severity.SEV3)


def test_only_people_publish_and_nobody_subscribes_unless_it_is_said() -> None:
    bare = TEXT
    for line in ("  mail: letters\n", "  webhooks: true\n", "  publish_from: SEV1\n"):
        bare = bare.replace(line, "")
    assert (of(bare).publish_from, of(bare).ways) == (None, ())


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("systems: [loans]", "systems: [cards]", "system 'cards' is not declared", 16),
        ("mail: letters", "mail: post", "channel 'post' is not declared", 9),
        ("mail: letters", "mail: chat", "sends no letters", 9),
        ("10.0.0.0/8", "10.0.0.1/8", "not a network", 12),
        ("{region=north: people", "{north: people", "", 17),
        ("publish_from: SEV1", "publish_from: high", "publish_from", 11),
        ("    apply:", "    'a b':", "components", 14),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, says: str, line: int) -> None:
    assert old in TEXT
    with pytest.raises(BadInput) as caught:
        load(TEXT.replace(old, new), "tocsin.yaml")
    assert says in str(caught.value)
    assert caught.value.where == f"tocsin.yaml:{line}"
