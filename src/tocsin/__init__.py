"""Tocsin: open-source AI incident response."""

__version__ = "0.1.0"
