"""shell: two commands of the operator's, one that prints a setting and one that changes it.

Needs: `read`, `write` (each a list: program and arguments) and `values`, what each action means.
The list of commands is the configuration: nothing from outside ever becomes part of a command.

    read    prints the setting as one text
    write   gets the new one on its standard input; in the environment TOCSIN_EXPECTING, what it is
            now, and TOCSIN_KEY, the same for every try

No shell is started, nothing of the server's environment is passed on but PATH, LANG and what `env`
names; output is bounded, and a command that outlives its time limit is killed with its children.
Exit 0 is done, 75 (EX_TEMPFAIL) or the time limit worth another try, anything else final.
"""

from collections.abc import Mapping
from os import environ

import httpx

from tocsin.integrations.http import Setting
from tocsin.integrations.shell.actuator import Commands
from tocsin.integrations.shell.settings import Settings

__all__ = ["Commands", "Settings", "build"]


def build(settings: Mapping[str, Setting], client: httpx.Client) -> Commands:  # noqa: ARG001 - the port's shape
    """Return the actuator of one pair of commands.

    Raises:
        BadInput: a setting is missing, unknown or wrong.
    """
    return Commands(Settings.parse(settings, environ))
