"""Roles: what people are here for, and the scopes that each role opens.

    viewer      read
    responder   read, respond
    commander   read, respond, command
    approver    read, approve
    admin       all of these, and admin

Scopes are what routes ask for; a role is a name for several.  `ingest` is for machines and in none.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for."""

    VIEWER = "viewer"
    """Looks, and changes nothing."""
    RESPONDER = "responder"
    """Works on incidents: acknowledges, notes, proposes, silences."""
    COMMANDER = "commander"
    """Leads incidents as well: lowers their severity, resolves them."""
    APPROVER = "approver"
    """Says yes or no to containment."""
    ADMIN = "admin"
    """Gives and takes rights, and may do whatever a person may."""


SCOPES_OF: Mapping[Role, frozenset[str]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.RESPONDER: frozenset({"read", "respond"}),
    Role.COMMANDER: frozenset({"read", "respond", "command"}),
    Role.APPROVER: frozenset({"read", "approve"}),
    Role.ADMIN: frozenset({"read", "respond", "command", "approve", "admin"}),
}
