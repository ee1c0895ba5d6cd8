"""What a server says as it starts: who will not be on call, what nobody will put back."""

from datetime import datetime

import sqlalchemy as sa

from tocsin.config.load import Config
from tocsin.oncall.preview import holes
from tocsin.store import acts
from tocsin.store.oncall import overrides


def gaps(config: Config, conn: sa.Connection, now: datetime) -> list[str]:
    """Return one sentence for each; none of them is a reason not to start."""
    said = [
        f"warning: actuator {act.actuator} is not configured any more and has not put back"
        f" {act.target}: declare it again, or put it back by hand"
        for act in acts.abandoned(conn, config.actuators)
    ]
    standing = overrides(conn, now)
    absent = [
        f"{'ERROR' if hole.grave else 'warning'}: {hole}"
        for policy in config.roster.policies.values()
        for hole in holes(policy, standing, now)
    ]
    return said + absent
