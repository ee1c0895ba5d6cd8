"""Plans and directives of one version (`of_version`), in their bodies.

A release that does not know them would tell the serving side to obey them for every version.
"""

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Change no table: from here on, older releases refuse the database."""
