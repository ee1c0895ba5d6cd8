"""This installation's own secret, with which links are signed and ids hashed: one small file."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from tocsin.base.errors import Unavailable

_SECRET_FILE = "secret"  # noqa: S105 - a file's name
_SECRET_BYTES = 32


def own_secret(data_dir: Path) -> bytes:
    """Return this installation's own secret, made on the first run and readable by nobody else.

    Raises:
        Unavailable: the file was damaged; signing with less would let anybody sign.
    """
    path = data_dir / _SECRET_FILE
    if not path.exists():
        draft = data_dir / f"{_SECRET_FILE}-{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process of ours was first; its secret stands
            os.link(draft, path)
        draft.unlink()
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise Unavailable(f"{path} is damaged; delete it, and links already sent will not work")
    return secret
