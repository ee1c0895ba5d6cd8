"""Config: `tocsin.yaml` as text to the nouns of the rooms; errors name line and key."""
