"""A registry that keeps MLflow's REST API 2.0 as far as aliases need it, and refuses the rest."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.integrations.http.vendor import Call, Reply

_FILTER = re.compile(r"name='((?:[^']|'')*)' and tag\.`([^`]+)`='((?:[^']|'')*)'")


@dataclass
class Registry:
    """One registered model, `credit`, with its versions and aliases."""

    token: str
    versions: dict[str, dict[str, str]] = field(
        default_factory=lambda: {v: {"release": f"2026-{v}"} for v in ("7", "8", "9")}
    )
    """Their tags."""
    aliases: dict[str, str] = field(default_factory=lambda: {"champion": "8", "old": "7"})
    status: dict[str, str] = field(default_factory=dict[str, str])

    def answer(self, call: Call) -> Reply:  # noqa: PLR0911 - one case per call
        parts = urlsplit(call.path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if call.headers.get("Authorization") != f"Bearer {self.token}":
            return _error(401, "PERMISSION_DENIED")
        match (call.method, parts.path.removeprefix("/api/2.0/mlflow/")):
            case ("GET", "registered-models/get") if asked.get("name") == "credit":
                aliases = [{"alias": a, "version": v} for a, v in self.aliases.items()]
                return _said({"registered_model": {"name": "credit", "aliases": aliases}})
            case ("GET", "model-versions/get") if asked.get("version") in self.versions:
                return _said({"model_version": self._version(asked["version"])})
            case ("GET", "model-versions/search"):
                return self._search(asked["filter"])
            case ("POST", "registered-models/alias"):
                body = json.loads(call.body)
                if set(body) != {"name", "alias", "version"}:
                    return _error(400, "INVALID_PARAMETER_VALUE")
                if body["name"] != "credit" or body["version"] not in self.versions:
                    return _error(404, "RESOURCE_DOES_NOT_EXIST")
                self.aliases[body["alias"]] = body["version"]
                return _said({})
            case ("DELETE", "registered-models/alias"):
                body = json.loads(call.body)
                assert set(body) == {"name", "alias"}
                self.aliases.pop(body["alias"], None)
                return _said({})
            case _:
                return _error(404, "RESOURCE_DOES_NOT_EXIST")

    def _version(self, version: str) -> dict[str, object]:
        tags = [{"key": key, "value": value} for key, value in self.versions[version].items()]
        status = self.status.get(version, "READY")
        return {"name": "credit", "version": version, "status": status, "tags": tags}

    def _search(self, wanted: str) -> Reply:
        known = _FILTER.fullmatch(wanted)
        if known is None:
            return _error(400, "INVALID_PARAMETER_VALUE")
        name, key, value = known.groups()
        found = [
            self._version(version)
            for version, tags in self.versions.items()
            if name == "credit" and tags.get(key) == value
        ]
        return _said({"model_versions": found} if found else {})


def _said(value: object) -> Reply:
    return Reply(200, json.dumps(value).encode())


def _error(status: int, code: str) -> Reply:
    return Reply(status, json.dumps({"error_code": code, "message": f"{code} here"}).encode())
