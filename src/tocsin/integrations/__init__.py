"""Integrations: one folder per vendor; adapters report, the delivery duty retries."""
