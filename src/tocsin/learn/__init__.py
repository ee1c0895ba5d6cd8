"""Learn: blameless reviews drafted from the timeline, actions with checks, response times."""
