"""Lake: predictions and outcomes at rest, in Delta tables: append and scan."""
