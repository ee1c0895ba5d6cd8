"""Calls of MLflow's REST API 2.0, and its answers as ours.  Pure."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from tocsin.integrations.http import Answer, Refusal, Request, broken, json_body, refusal
from tocsin.integrations.mlflow.settings import Settings

_API = "/api/2.0/mlflow"
_PENDING = frozenset({"PENDING_REGISTRATION", "FAILED_REGISTRATION"})


def judge(answer: Answer) -> Refusal | None:
    """Return why an answer is none of MLflow's acceptances: those are JSON objects."""
    said = answer.fields
    words = " ".join(str(said[key]) for key in ("error_code", "message") if key in said)
    refused = refusal(answer, words)
    if refused is None and answer.body.strip()[:1] != b"{":
        return broken(answer, "not by MLflow: is the address that of the tracking server?")
    return refused


def to_read(settings: Settings) -> Request:
    """Return the call that tells a registered model with its aliases."""
    return _get(settings, "registered-models/get", {"name": settings.model})


def to_version(settings: Settings, version: str) -> Request:
    """Return the call that tells one registered version."""
    return _get(settings, "model-versions/get", {"name": settings.model, "version": version})


def to_search(settings: Settings, version: str) -> Request:
    """Return the call that finds the registered versions tagged with the system's `version`."""
    name, value = (text.replace("'", "''") for text in (settings.model, version))
    wanted = f"name='{name}' and tag.`{settings.version_tag}`='{value}'"
    return _get(settings, "model-versions/search", {"filter": wanted, "max_results": "10"})


def to_write(settings: Settings, version: str | None) -> Request:
    """Return the call that points the alias to a registered version, or takes it away."""
    body: dict[str, object] = {"name": settings.model, "alias": settings.alias}
    method = "DELETE"
    if version is not None:
        body["version"], method = version, "POST"
    headers = _headers(settings) | {"Content-Type": "application/json"}
    url = f"{settings.url}{_API}/registered-models/alias"
    return Request(url, json_body(body), headers, method)


def version_of(answer: Answer, alias: str) -> str | None:
    """Return the version that `alias` points to in a registered model; None: there is no such."""
    model = _object(answer.fields.get("registered_model"))
    for one in _objects(model.get("aliases")):
        if one.get("alias") == alias:
            return str(one.get("version"))
    return None


def usable(answer: Answer) -> bool:
    """Return whether a registered version can be served."""
    return _object(answer.fields.get("model_version")).get("status") not in _PENDING


def tagged(answer: Answer, tag: str, value: str) -> list[str]:
    """Return the registered versions whose tag has exactly this value."""
    return [
        str(one.get("version"))
        for one in _objects(answer.fields.get("model_versions"))
        if any(t.get("key") == tag and t.get("value") == value for t in _objects(one.get("tags")))
    ]


def _get(settings: Settings, path: str, query: Mapping[str, str]) -> Request:
    url = f"{settings.url}{_API}/{path}?{urlencode(query)}"
    return Request(url, b"", _headers(settings), "GET")


def _headers(settings: Settings) -> dict[str, str]:
    return {"Authorization": settings.authorization} if settings.authorization else {}


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, object]]:
    return [_object(one) for one in cast("list[object]", value)] if isinstance(value, list) else []
