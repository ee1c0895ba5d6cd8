"""The OpenAPI file: what every JSON route takes and gives, and the scope it asks for."""

from __future__ import annotations

from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from tocsin.web.errors import Refusal

_AT = "#/components/schemas/{model}"
REFUSED: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": _AT.format(model=Refusal.__name__)}}}
}
"""How a route says that it may refuse.  Named, not given as a model: for each of some two thousand
answers the framework would build the model's validator anew, at every start."""


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        parts = document.setdefault("components", {})
        refusal = Refusal.model_json_schema(ref_template=_AT)
        schemas = parts.setdefault("schemas", {})
        schemas |= {**refusal.pop("$defs", {}), Refusal.__name__: refusal}
        parts["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "a token of POST /v1/tokens; each route names the scope it asks for",
            }
        }
        app.openapi_schema = document
    return app.openapi_schema


def openapi(request: Request) -> JSONResponse:
    """Return the OpenAPI document."""
    return JSONResponse(describe(cast("FastAPI", request.app)))
