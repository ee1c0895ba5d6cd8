"""The secrets by which PagerDuty's webhooks are known."""

from tests.config.test_load import SMALL
from tocsin.config.load import load

PAGERS = """\
notifiers:
  duty:
    kind: pagerduty
    settings: {routing_key: "0123456789abcdef0123456789abcdef", webhook_secret: "${NEW}, old"}
  plain: {kind: pagerduty, settings: {routing_key: "0123456789abcdef0123456789abcdef"}}
  hook: {kind: webhook, settings: {url: "https://example.org", webhook_secret: mine}}
"""


def test_only_pagerdutys_channels_have_them_and_they_come_from_the_environment() -> None:
    config = load(SMALL + PAGERS, "tocsin.yaml", {"NEW": "fresh"})
    assert config.hook_secrets == {"duty": ("fresh", "old")}
    assert load(SMALL, "tocsin.yaml").hook_secrets == {}
