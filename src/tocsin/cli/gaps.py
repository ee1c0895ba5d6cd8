"""What a server says as it starts: what nobody can open or will put back, who is not on call."""

import ipaddress
from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa

from tocsin.base.phrases import listing
from tocsin.config.load import Config
from tocsin.oncall.preview import holes
from tocsin.store import acts
from tocsin.store.oncall import overrides


def gaps(config: Config, conn: sa.Connection, now: datetime, base_url: str) -> list[str]:
    """Return one sentence for each; none of them is a reason not to start."""
    away = sorted(name for name, one in config.notifiers.items() if one.kind != "console")
    unopened = (
        f"warning: pages by {listing(away)} will link to {base_url}, which opens on this machine"
        " alone, not on a phone: start it with --base-url https://tocsin.example.org, the address"
        " by which people reach the server"
    )
    said = [unopened] if away and _is_loopback(base_url) else []
    said += [
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


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
