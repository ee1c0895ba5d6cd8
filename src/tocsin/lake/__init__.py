"""Lake: predictions and outcomes at rest, in Delta tables on disk or object storage: append and scan."""
