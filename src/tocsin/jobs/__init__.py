"""Jobs: durable work; duties that gather, call a room, and write through one unit of work."""
