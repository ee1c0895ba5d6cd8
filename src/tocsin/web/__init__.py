"""Web: every URL on one page, JSON and pages by room; calls rooms, writes through a unit of work."""
