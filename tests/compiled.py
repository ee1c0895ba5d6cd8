"""Imported to have the loops of the kernel compiled: what is forked afterwards finds them so."""

from tests.jobs import counting

counting.expected()
