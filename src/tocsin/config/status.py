"""The forms of `status:` and `complaints:`, and the nouns they become."""

from collections.abc import Collection
from datetime import timedelta
from typing import Literal

from pydantic import Field

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice, parse
from tocsin.config.source import Source
from tocsin.config.strict import Duration, Name, Strict
from tocsin.incident.board import Site
from tocsin.incident.bulletin import Component
from tocsin.incident.incident import Severity
from tocsin.incident.intake import IntakeRule
from tocsin.incident.statuspage import StatusPage
from tocsin.incident.subscriber import networks

Grade = Literal["SEV1", "SEV2", "SEV3", "SEV4"]


class ComponentForm(Strict):
    """A part of the service as the public knows it."""

    title: str = Field(
        min_length=1, max_length=100, description="Its name for the public, e.g. `Loan decisions`."
    )
    about: str = Field(default="", max_length=300, description="One line on what it does.")
    systems: tuple[str, ...] = Field(
        min_length=1, description="Systems behind it; complaints about it go to the first."
    )
    slice: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Slice of the systems that it is about; left out: everyone.",
    )
    wording: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Words for the public by slice, e.g. `{region=north: people in the north}`;"
        " other slices are never named.",
    )


class StatusForm(Strict):
    """The status page; see `docs/status.md`."""

    title: str = Field(min_length=1, max_length=100, description="Whose status it is.")
    about: str = Field(default="", max_length=500, description="A line below the title.")
    contact: str = Field(
        default="", max_length=200, description="How people reach you, e.g. a telephone number."
    )
    components: dict[Name, ComponentForm] = Field(
        min_length=1, description="Parts of the service by key, in the order in which they stand."
    )
    publish_from: Grade | None = Field(
        default=None,
        description="Severity from which incidents are published at once in fixed neutral words;"
        " none: only people publish.",
    )
    mail: str | None = Field(
        default=None,
        description="Channel of kind `smtp` for subscribers' e-mail; none: not offered.",
    )
    webhooks: bool = Field(
        default=False, description="Whether the public may subscribe by a webhook of their own."
    )
    internal: tuple[str, ...] = Field(
        default=(),
        description="Networks inside the house that subscribers' webhooks may call, e.g."
        " `10.0.0.0/8`; none: only public addresses, by https.",
    )
    directory: str | None = Field(
        default=None,
        description="Folder of the static copy; default: `status` in the data directory.",
    )


class ComplaintsForm(Strict):
    """When people's complaints open an incident."""

    open_at: int = Field(
        default=5, ge=0, le=1000, description="Complaints that open an incident; 0: never."
    )
    within: Duration = Field(
        default=timedelta(hours=24),
        gt=timedelta(0),
        le=timedelta(days=30),
        description="Time in which they must come.",
    )
    severity: Grade = Field(default="SEV3", description="How grave the incident is.")


def intake_rule(form: ComplaintsForm) -> IntakeRule:
    """Return the rule by which complaints open incidents."""
    severity = Severity[form.severity]
    return IntakeRule(number=form.open_at, within=form.within, severity=severity)


def status_page(
    form: StatusForm | None, systems: Collection[str], channels: dict[str, str], source: Source
) -> StatusPage | None:
    """Return the status page that is declared.

    Args:
        form: as read.
        systems: the declared systems.
        channels: the kind of each declared channel.
        source: where to point to.

    Raises:
        BadInput: a system or channel is not declared, a slice or network cannot be read.
    """
    if form is None:
        return None
    if form.mail is not None and form.mail not in channels:
        raise source.undeclared(("status", "mail"), "channel", form.mail, channels)
    if form.mail is not None and channels[form.mail] != "smtp":
        what = f"{form.mail!r} is of kind {channels[form.mail]!r} and sends no letters"
        raise source.error(("status", "mail"), what, "name a channel of kind smtp")
    try:
        internal = networks(form.internal)
    except BadInput as fault:
        raise source.error(("status", "internal"), fault.what, fault.do) from None
    return StatusPage(
        site=Site(title=form.title, about=form.about, contact=form.contact),
        components=tuple(
            _component(key, one, systems, source) for key, one in form.components.items()
        ),
        publish_from=Severity[form.publish_from] if form.publish_from else None,
        mail=form.mail,
        webhooks=form.webhooks,
        internal=internal,
        directory=form.directory,
    )


def _component(
    key: str, form: ComponentForm, systems: Collection[str], source: Source
) -> Component:
    path = ("status", "components", key)
    for system in form.systems:
        if system not in systems:
            raise source.undeclared((*path, "systems"), "system", system, systems)
    wording: dict[str, str] = {}
    for slice_key, words in form.wording.items():
        try:
            wording[parse(slice_key).key] = words
        except BadInput as fault:
            where = (*path, "wording", slice_key)
            raise source.error(where, fault.what, "write attribute=value") from None
    return Component(
        key=key,
        title=form.title,
        systems=form.systems,
        slice=Slice.of(form.slice),
        about=form.about,
        wording=wording,
    )
