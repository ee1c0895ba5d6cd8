"""The demo's pager takes what is signed and nothing else."""

from datetime import UTC, datetime

import httpx
import pytest

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError
from tocsin.cli.demo.pager import Pager
from tocsin.integrations.webhook import build

NOTICE = Notice(
    key="inc_1/0/0/lending/pager",
    address="",
    subject="approvals fell",
    text="for government",
    severity="SEV2",
    incident="inc_1",
    incident_url="http://127.0.0.1/incidents/1",
    acknowledge_url="http://127.0.0.1/acknowledge/p",
    at=datetime(2026, 11, 20, tzinfo=UTC),
    facts={},
)


def test_a_page_signed_by_the_webhook_arrives() -> None:
    secret = "0123456789abcdef"
    with Pager(secret) as pager, httpx.Client() as client:
        build({"url": pager.url, "secret": secret}, client).send(NOTICE)
        assert [(p.incident, p.subject) for p in pager.received()] == [("inc_1", "approvals fell")]
        assert pager.received() == []


def test_a_page_signed_with_another_secret_is_refused() -> None:
    with Pager("0123456789abcdef") as pager, httpx.Client() as client:
        with pytest.raises(DeliveryError):
            build({"url": pager.url, "secret": "fedcba9876543210"}, client).send(NOTICE)
        assert httpx.post(pager.url, content=b"{}").status_code == 401
        assert pager.received() == []
