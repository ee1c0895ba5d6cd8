"""Cli: the commands, one file per room; everything outside is handed in by `tocsin.app`."""
