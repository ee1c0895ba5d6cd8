"""Tocsin: open-source AI incident response."""
