"""Tokens over HTTP."""

from tests.web.cast import CAST, Stage


def test_a_token_is_told_once_listed_and_revoked(stage: Stage) -> None:
    order = {"name": "ci", "scopes": ["ingest"], "days": 30}
    made = stage.ask("admin", "POST", "/v1/tokens", order)
    assert made.status_code == 201
    secret, id_ = made.json()["token"], made.json()["id"]
    mine = {"Authorization": f"Bearer {secret}"}
    path = "/v1/directives?system=loans"
    assert stage.client.get(path, headers=mine).status_code == 200
    listed = stage.ask("admin", "GET", "/v1/tokens")
    assert {token["name"] for token in listed.json()["tokens"]} == {*CAST, "ci"}
    assert secret not in listed.text
    for _ in range(2):
        assert stage.ask("admin", "DELETE", f"/v1/tokens/{id_}").status_code == 204
    assert stage.client.get(path, headers=mine).status_code == 401


def test_orders_that_make_no_sense_are_refused(stage: Stage) -> None:
    orders: tuple[dict[str, object], ...] = (
        {"name": "ci", "scopes": []},
        {"name": "ci", "scopes": ["root"]},
        {"name": "ci", "scopes": ["public"]},
        {"name": " ", "scopes": ["read"]},
        {"name": "ci", "scopes": ["read"], "days": 0},
    )
    for order in orders:
        assert stage.ask("admin", "POST", "/v1/tokens", order).status_code == 422
    assert stage.ask("admin", "DELETE", "/v1/tokens/tok_none").status_code == 404
