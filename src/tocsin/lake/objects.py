"""A shelf in an S3-compatible object store: a bucket and a prefix.

An object is there whole or not at all, and durable when the store has answered.  A name is claimed
by a conditional write (`If-None-Match: *`), which the store must enforce: `check` asks it to.
"""

import uuid
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import obstore
import pyarrow as pa
import pyarrow.fs as pafs
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from tocsin.base.errors import BadInput, Unavailable
from tocsin.lake.shelf import Bytes, Item

_REGION = "us-east-1"
"""What stores that have no regions expect to hear."""
_TRUE = {"1", "true", "yes"}
_AT_ONCE = 1000


class Objects:
    """A `Shelf` under one prefix.

    Args:
        url: `s3://bucket/prefix`.
        environment: credentials and place by their usual names: AWS_ACCESS_KEY_ID,
            AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL for a store that
            is not Amazon's, AWS_ALLOW_HTTP for one without TLS.  Without keys, the machine's role.

    Raises:
        BadInput: not such an address.
    """

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise BadInput(f"{url!r} names no place for a lake", do="write s3://bucket/prefix")
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._store = _store(self._bucket, self._prefix, environment)
        self.files: pafs.FileSystem = _files(environment)

    def check(self) -> None:
        """Make sure that the store is there and gives a name only once.

        Raises:
            Unavailable: it cannot be reached, or does not keep that promise.
        """
        name = f".claimed-{uuid.uuid4().hex}"
        with self.refusing(""):
            twice = [self.claim(name, b"one"), self.claim(name, b"two")]
            self.delete([name])
        if twice != [True, False]:
            raise Unavailable(
                f"the store at {self.path('')} ignores conditional writes (If-None-Match);"
                " two writers would overwrite one another: use one that enforces them"
            )

    def put(self, name: str, content: Bytes) -> None:
        """See `Shelf.put`."""
        obstore.put(self._store, name, _raw(content), use_multipart=False)

    def claim(self, name: str, content: Bytes) -> bool:
        """See `Shelf.claim`."""
        try:
            obstore.put(self._store, name, _raw(content), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def read(self, name: str) -> bytes | None:
        """See `Shelf.read`."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        """See `Shelf.has`."""
        try:
            obstore.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def items(self, folder: str) -> list[Item]:
        """See `Shelf.items`."""
        found = obstore.list_with_delimiter(self._store, prefix=folder or None)
        return sorted(
            Item(one["path"], one["size"], int(one["last_modified"].timestamp() * 1000))
            for one in found["objects"]
        )

    def delete(self, names: Iterable[str]) -> None:
        """See `Shelf.delete`."""
        gone = list(names)
        for k in range(0, len(gone), _AT_ONCE):
            try:
                obstore.delete(self._store, gone[k : k + _AT_ONCE])
            except FileNotFoundError:  # some stores mind
                continue

    def path(self, name: str) -> str:
        """See `Shelf.path`."""
        return "/".join(part for part in (self._bucket, self._prefix, name) if part)

    @contextmanager
    def refusing(self, where: str) -> Generator[None]:
        """See `Shelf.refusing`."""
        try:
            yield
        except (BaseError, OSError, pa.ArrowException) as error:
            advice = _advice(error)
            raise Unavailable(f"the lake at s3://{self.path(where)}: {advice}") from error


def _store(bucket: str, prefix: str, environment: Mapping[str, str]) -> S3Store:
    endpoint = environment.get("AWS_ENDPOINT_URL")
    given: dict[str, Any] = {
        "access_key_id": environment.get("AWS_ACCESS_KEY_ID"),
        "secret_access_key": environment.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": environment.get("AWS_SESSION_TOKEN"),
        "region": _region(environment),
        "endpoint": endpoint,
        "virtual_hosted_style_request": False if endpoint else None,
    }
    known = {key: value for key, value in given.items() if value is not None}
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": _allows_http(environment), "timeout": "30s"},
        **cast("Any", known),
    )


def _files(environment: Mapping[str, str]) -> pafs.FileSystem:
    endpoint = urlsplit(environment.get("AWS_ENDPOINT_URL", ""))
    given: dict[str, Any] = {
        "access_key": environment.get("AWS_ACCESS_KEY_ID"),
        "secret_key": environment.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": environment.get("AWS_SESSION_TOKEN"),
        "region": _region(environment),
        "endpoint_override": endpoint.netloc or None,
        "scheme": endpoint.scheme or None,
    }
    known = {key: value for key, value in given.items() if value is not None}
    return pafs.S3FileSystem(**cast("Any", known))


def _region(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or _REGION


def _allows_http(environment: Mapping[str, str]) -> bool:
    return environment.get("AWS_ALLOW_HTTP", "").lower() in _TRUE


def _raw(content: Bytes) -> bytes:
    return content if isinstance(content, bytes) else content.to_pybytes()


def _advice(error: BaseException) -> str:
    """Return what the store said in a line, with what helps where we know it."""
    text = " ".join(str(error).split())
    lowered = text.lower()
    for words, advice in (
        (("nosuchbucket",), "there is no such bucket; make it"),
        (("accessdenied", "403", "forbidden", "permission"), "access denied; check the keys"),
        (("signature", "invalidaccesskey"), "the keys are not accepted; check AWS_* variables"),
        (("connect", "timed out", "timeout", "dns"), "the store cannot be reached"),
        (("slowdown", "503", "500"), "the store is in trouble; retry later"),
    ):
        if any(word in lowered for word in words):
            return advice
    return (text or type(error).__name__)[:200]
