"""The form of `gateway.yaml`, and from its text to `Settings`.  Errors name file, line and key."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Literal, cast

import yaml
from pydantic import BeforeValidator, Field, JsonValue, ValidationError

from tocsin.base.errors import BadInput
from tocsin.config.source import Source
from tocsin.config.strict import Duration, Name, Strict
from tocsin.gateway.served import Rule, Rules, Served, Settings, ShadowLimits
from tocsin.ingest.system import Columns, Kind, Serving, System, canonical
from tocsin_client.conditions import condition
from tocsin_client.rows import text as attribute_text

TOKEN = "TOCSIN_TOKEN"  # noqa: S105 - a variable's name


def _version(value: object) -> object:
    """Return a version that YAML took for a date or a whole number; a float it has spoilt."""
    if isinstance(value, float):
        raise ValueError("put the version in quotes, or YAML drops zeros")  # noqa: TRY004 - pydantic
    if isinstance(value, date) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return value


Version = Annotated[str, BeforeValidator(_version)]


class RuleForm(Strict):
    """One rule of a fallback."""

    when: dict[str, str | bool | float] = Field(
        default_factory=dict[str, str | bool | float],
        description="Input or attribute and its value, or a band of numbers such as `<1000`,"
        " `25–40` or `≥60`; all must hold. Nothing: everyone.",
    )
    answer: JsonValue = Field(
        description="The row's answer: one element of `predictions` (KServe v1), value by output"
        " (Open Inference v2), the text (chat).",
    )


class ServedForm(Strict):
    """One system behind the gateway."""

    upstream: str = Field(description="Address of the server that runs its present version.")
    version: Version = Field(description="The version there.")
    models: tuple[str, ...] = Field(
        default=(), description="Its names in paths and chat bodies; default: the system's."
    )
    versions: dict[Version, str] = Field(
        default_factory=dict[Version, str],
        description="Addresses of other versions, for rollback, canary and shadow.",
    )
    fallback: tuple[RuleForm, ...] = Field(
        default=(), description="Rules; the first that holds answers, the last has no `when`."
    )
    pending: JsonValue = Field(
        default=None,
        description="The row's answer under review; default: the call is answered 202.",
    )
    blocked: JsonValue = Field(
        default=None, description="The row's answer under a block; default: the call is refused."
    )
    headers: dict[str, str] = Field(
        default_factory=dict[str, str], description="Attribute by the request header that holds it."
    )
    caller_ids: bool = Field(
        default=False,
        description="Name rows by a v2 call's own `id`; only where callers never repeat one.",
    )
    sticky: str | None = Field(
        default=None,
        description="Input or attribute by which a canary keeps its people; default: all inputs.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10),
        gt=timedelta(0),
        description="Time budget of an answer (a stream: of its begin, and between two pieces).",
    )
    capacity: int | None = Field(
        default=None,
        ge=1,
        description="Calls that the servers work on at once; how much of it is in use then goes"
        " with every row, for `saturated_share`. Default: not known.",
    )
    on_control_loss: Literal["open", "closed"] = Field(
        default="open",
        description="Tocsin away: go on with the last directives, or all to the fallback.",
    )
    grace: Duration = Field(
        default=timedelta(seconds=30), gt=timedelta(0), description="How long away counts as away."
    )
    kind: Literal["binary", "multiclass", "regression"] = Field(
        default="binary", description="As in tocsin.yaml."
    )
    positive: bool | int | str = Field(default=True, description="As in tocsin.yaml.")
    negative: bool | int | str | None = Field(
        default=None,
        description="What a prediction says that means no; needed to move the threshold of a"
        " system whose `positive` is a word of its own, such as `approved`.",
    )
    threshold: float = Field(default=0.5, description="As in tocsin.yaml.")
    inputs: tuple[str, ...] = Field(
        default=(), description="Columns of an input tensor that says no names."
    )
    score: str | None = Field(default=None, description="Output that holds the score.")
    prediction: str | None = Field(default=None, description="Output that holds the decision.")


class ShadowForm(Strict):
    """What shadow copies may cost at most."""

    waiting: int = Field(default=200, ge=1, le=100_000, description="Copies that wait at most.")
    at_once: int = Field(default=4, ge=1, le=256, description="Copies on their way at most.")
    timeout: Duration = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="Patience with one copy."
    )


class GatewayForm(Strict):
    """One gateway."""

    version: Literal[1] = Field(description="Of this form.")
    server: str = Field(description="Address of the Tocsin server.")
    spool_dir: str = Field(
        default="gateway-data",
        description="Keeps rows while the server is away, and the last directives.",
    )
    ca_file: str = Field(
        default="",
        description="Certificates (PEM) of the authority that signed those of the servers of"
        " models; default: the public ones alone.",
    )
    max_body: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Largest request body, in bytes."
    )
    shadow: ShadowForm = Field(default_factory=ShadowForm, description="Limits of shadow copies.")
    systems: dict[Name, ServedForm] = Field(min_length=1, description="What is served, by name.")


def read(text: str, where: str, environment: Mapping[str, str]) -> Settings:
    """Return what `text` declares; the token comes from the environment.

    Args:
        text: YAML.
        where: the file's name, for messages.
        environment: holds `TOCSIN_TOKEN`.

    Raises:
        BadInput: not YAML, an unknown key, a wrong type, two systems of one name for the protocols,
            or no token; the message holds file, line and key.
    """
    source = Source.of(text, where)
    try:
        form = GatewayForm.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise _bad_input(error, source) from None
    _check(form, source)
    token = environment.get(TOKEN, "")
    if not token:
        raise BadInput(
            f"environment variable {TOKEN} is not set",
            where=where,
            do="make a token with `tocsin token make --scope ingest` and set it",
        )
    return Settings(
        server=form.server,
        token=token,
        spool_dir=form.spool_dir,
        systems=tuple(_served(name, one) for name, one in form.systems.items()),
        shadow=ShadowLimits(
            waiting=form.shadow.waiting,
            at_once=form.shadow.at_once,
            timeout_s=form.shadow.timeout.total_seconds(),
        ),
        max_body_bytes=form.max_body,
        ca_file=form.ca_file,
    )


def _served(name: str, form: ServedForm) -> Served:
    return Served(
        system=System(
            name=name,
            kind=Kind(form.kind),
            threshold=form.threshold,
            columns=_columns(form),
            serving=Serving(inputs=form.inputs, score=form.score, prediction=form.prediction),
        ),
        upstream=form.upstream.rstrip("/"),
        version=form.version,
        models=form.models or (name,),
        versions={version: url.rstrip("/") for version, url in form.versions.items()},
        fallback=Rules(tuple(_rule(one) for one in form.fallback)) if form.fallback else None,
        pending=form.pending,
        blocked=form.blocked,
        yes=form.positive,
        no=form.negative,
        headers={header.lower(): attribute for header, attribute in form.headers.items()},
        caller_ids=form.caller_ids,
        sticky=form.sticky,
        timeout_s=form.timeout.total_seconds(),
        capacity=form.capacity,
        on_control_loss=form.on_control_loss,
        grace_s=form.grace.total_seconds(),
    )


def _columns(form: ServedForm) -> Columns:
    return Columns(positive=canonical(form.positive))


def _rule(form: RuleForm) -> Rule:
    return Rule(
        tuple(
            condition(name, attribute_text(value).replace(">=", "≥"))
            for name, value in form.when.items()
        ),
        cast("object", form.answer),
    )


def _check(form: GatewayForm, source: Source) -> None:
    owner: dict[str, str] = {}
    if not form.server.startswith(("http://", "https://")):
        raise source.error(("server",), f"{form.server!r} is no address", "begin with http://")
    for name, one in form.systems.items():
        path = ("systems", name)
        for url in (one.upstream, *one.versions.values()):
            if not url.startswith(("http://", "https://")):
                raise source.error(path, f"{url!r} is no address", "begin with http://")
        if one.fallback and one.fallback[-1].when:
            raise source.error(
                (*path, "fallback", len(one.fallback) - 1),
                "the last rule does not hold for everyone",
                "end with a rule that has no `when`",
            )
        if one.negative is not None and canonical(one.negative) == canonical(one.positive):
            raise source.error(
                (*path, "negative"),
                f"{one.negative!r} means yes as well as no",
                "say what a prediction says that means no",
            )
        if one.on_control_loss == "closed" and not one.fallback:
            raise source.error(
                (*path, "on_control_loss"),
                "fails closed and has no fallback: nobody would be answered",
                "give it a fallback",
            )
        for model_name in one.models or (name,):
            if owner.setdefault(model_name, name) != name:
                raise source.error(
                    (*path, "models"),
                    f"{model_name!r} is also a name of {owner[model_name]}",
                    "give each system names of its own",
                )


def _bad_input(error: ValidationError, source: Source) -> BadInput:
    # a misspelt key is also a missing one; what stands there says more
    first = min(
        error.errors(), key=lambda e: (e["type"] != "extra_forbidden", source.line(e["loc"]))
    )
    place = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            return source.error(first["loc"], f"unknown key {place!r}", "remove it")
        case "missing":
            return source.error(first["loc"], f"key {place!r} is missing", "add it")
        case _:
            what = f"{place!r} is {first['input']!r}: {first['msg']}"
            return source.error(first["loc"], what, "see docs/gateway.md")
