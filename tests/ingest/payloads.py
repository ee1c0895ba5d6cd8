"""Bodies as Alertmanager's webhook (version 4) and Grafana's contact point document them."""

from collections.abc import Mapping
from typing import Any

STARTED = "2026-11-20T14:01:30.739266876Z"


def alertmanager_alert(
    name: str = "LoanApiErrors",
    *,
    status: str = "firing",
    fingerprint: str = "c4b1f0a1d2e3f405",
    labels: Mapping[str, str] | None = None,
    started: str = STARTED,
) -> dict[str, Any]:
    ended = "2026-11-20T14:30:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    return {
        "status": status,
        "labels": {"alertname": name, "system": "loans", "severity": "critical"}
        | dict(labels or {}),
        "annotations": {"summary": "One in ten calls of the loan API fails"},
        "startsAt": started,
        "endsAt": ended,
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
        "fingerprint": fingerprint,
    }


def alertmanager(*alerts: Mapping[str, Any], version: str = "4") -> dict[str, Any]:
    firing = any(alert["status"] == "firing" for alert in alerts)
    return {
        "version": version,
        "groupKey": '{}:{alertname="LoanApiErrors"}',
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "tocsin",
        "groupLabels": {"alertname": "LoanApiErrors"},
        "commonLabels": {"alertname": "LoanApiErrors", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.org",
        "alerts": list(alerts),
    }


def grafana(status: str = "firing") -> dict[str, Any]:
    return {
        "receiver": "tocsin",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {
                    "alertname": "Slow answers",
                    "grafana_folder": "lending",
                    "system": "loans",
                    "region": "north",
                },
                "annotations": {"summary": "The 95th percentile is above 2 s"},
                "startsAt": "2026-11-20T14:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "values": {"B": 2.4, "C": 1},
                "generatorURL": "http://grafana.example.org/alerting/grafana/ab12/view?orgId=1",
                "fingerprint": "c6eadffa33fcdf37",
                "silenceURL": "http://grafana.example.org/alerting/silence/new",
                "dashboardURL": "",
                "panelURL": "",
                "valueString": "[ var='B' labels={} value=2.4 ]",
            }
        ],
        "groupLabels": {},
        "commonLabels": {"system": "loans"},
        "commonAnnotations": {},
        "externalURL": "http://grafana.example.org/",
        "version": "1",
        "groupKey": '{}:{alertname="Slow answers"}',
        "truncatedAlerts": 0,
        "orgId": 1,
        "title": "[FIRING:1] Slow answers (lending)",
        "state": "alerting",
        "message": "**Firing**",
    }
