"""The application as it is put together."""

from tests.web.cast import Stage, client_of_app
from tocsin.web.access import Scope
from tocsin.web.asgi import build
from tocsin.web.route import Route


def fails() -> None:
    raise RuntimeError("postgresql://user:hunter2@host said no")


def test_every_answer_carries_the_security_headers(stage: Stage) -> None:
    for path in ("/healthz", "/v1/systems", "/nowhere", "/static/nothing.js"):
        headers = stage.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers


def test_a_fault_of_ours_tells_an_id_and_nothing_else(stage: Stage) -> None:
    routes = (Route("GET", "/v1/fails", fails, Scope.READ),)
    app = build(stage.site, routes)
    with client_of_app(app, stage.site.base_url) as client:
        answer = client.get(
            "/v1/fails", headers={"Authorization": f"Bearer {stage.tokens['reader']}"}
        )
    assert answer.status_code == 500
    assert answer.json()["error"]["where"].startswith("fault_")
    assert "hunter2" not in answer.text


def test_unknown_paths_and_methods_are_told_in_the_one_shape(stage: Stage) -> None:
    missing = stage.ask("admin", "GET", "/v1/nothing")
    assert missing.status_code == 404
    assert set(missing.json()["error"]) == {"what", "where", "do"}
    wrong = stage.ask("admin", "DELETE", "/v1/systems")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET"


def test_the_openapi_file_is_only_for_readers_and_there_are_no_docs_pages(stage: Stage) -> None:
    assert stage.client.get("/openapi.json").status_code == 401
    assert stage.ask("reader", "GET", "/docs").status_code == 404
