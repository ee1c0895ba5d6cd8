"""Certificates for tests, drawn by the openssl command."""

import shutil
import subprocess
from pathlib import Path

import pytest


def draw(folder: Path) -> Path:
    """Return a PEM file with a key and a certificate of 127.0.0.1 that nobody else signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to draw a certificate")
    key, crt, both = folder / "key.pem", folder / "crt.pem", folder / "both.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    how = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    out = ["-keyout", str(key), "-out", str(crt), "-days", "2"]
    subprocess.run([openssl, *how, *out, *subject], check=True, capture_output=True)
    both.write_text(key.read_text() + crt.read_text())
    return both
