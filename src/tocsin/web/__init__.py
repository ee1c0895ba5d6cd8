"""Web: every URL on one page, JSON and pages by room; writes through a unit of work."""
