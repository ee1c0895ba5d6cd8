"""The duties of a worker beside a served site, with inboxes in which tests read what was sent."""

from tests.jobs.scene import Inbox
from tocsin.engine import local
from tocsin.jobs.rings import Rings
from tocsin.web.site import Site


def beside(site: Site, *inboxes: Inbox) -> Rings:
    """Return the rings of a worker on the records of `site`; each inbox serves its channel."""
    return Rings(
        database=site.database,
        lake=site.lake,
        committer=site.committer,
        engine_run=local.run,
        notifiers={one.channel: one for one in inboxes},
        clock=site.clock,
        base_url=site.base_url,
        secret=site.secret,
        policy=site.policy,
        telling=site.telling,
    )
