"""What is sent to MLflow, by value, and what its answers mean."""

import json

from tests.integrations.http.vendor import Reply
from tocsin.integrations.http import Answer
from tocsin.integrations.mlflow import Settings, wire

SETTINGS = Settings.parse(
    {"url": "https://m.example.org", "model": "it's", "version_tag": "release"}
)


def told(value: object, status: int = 200) -> Answer:
    return Answer(status, Reply(status, json.dumps(value).encode()).body)


def test_an_alias_is_set_and_taken_away() -> None:
    request = wire.to_write(SETTINGS, "7")
    assert request.url == "https://m.example.org/api/2.0/mlflow/registered-models/alias"
    assert request.method == "POST"
    assert request.body == b'{"alias":"champion","name":"it\'s","version":"7"}'
    gone = wire.to_write(SETTINGS, None)
    assert (gone.method, gone.body) == ("DELETE", b'{"alias":"champion","name":"it\'s"}')


def test_a_filter_quotes_what_it_is_given() -> None:
    url = wire.to_search(SETTINGS, "1' or '1'='1").url
    assert "it%27%27s" in url
    assert "1%27%27+or+%27%271%27%27%3D%27%271" in url


def test_an_alias_is_found_among_others_or_not_at_all() -> None:
    model = {"registered_model": {"aliases": [{"alias": "a", "version": "1"}, "odd"]}}
    assert wire.version_of(told(model), "a") == "1"
    assert wire.version_of(told(model), "b") is None
    assert wire.version_of(told({"registered_model": {"name": "x"}}), "a") is None
    assert wire.version_of(told([]), "a") is None


def test_only_what_is_ready_can_be_served() -> None:
    assert wire.usable(told({"model_version": {"status": "READY"}}))
    assert not wire.usable(told({"model_version": {"status": "FAILED_REGISTRATION"}}))


def test_an_answer_that_is_no_object_is_none_of_mlflows() -> None:
    assert wire.judge(told({})) is None
    refused = wire.judge(Answer(200, b"<html>"))
    assert refused is not None
    assert refused.retryable
    unknown = wire.judge(told({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"}, 404))
    assert unknown is not None
    assert unknown.words == "answered 404: RESOURCE_DOES_NOT_EXIST gone"
