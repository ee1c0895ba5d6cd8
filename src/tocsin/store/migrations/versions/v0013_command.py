"""The scope `command`: whoever could resolve an incident until now still can."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_HELD, _NEW = "respond", "command"


def upgrade() -> None:
    """Give `command` to every token, session and sign-in link that holds `respond`."""
    conn = op.get_bind()
    for name in ("token", "session", "sign_in_link"):
        table = sa.table(name, sa.column("id", sa.Text), sa.column("scopes", sa.JSON))
        for id_, scopes in conn.execute(sa.select(table.c.id, table.c.scopes)).all():
            if _HELD in scopes and _NEW not in scopes:
                more = sorted([*scopes, _NEW])
                conn.execute(sa.update(table).where(table.c.id == id_).values(scopes=more))
