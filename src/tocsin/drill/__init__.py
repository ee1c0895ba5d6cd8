"""Drill: a rehearsed incident: system, traffic, fault and expectations, and how it is scored."""
