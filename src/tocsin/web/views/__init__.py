"""What pages show, as frozen values built by pure functions from the rooms' nouns."""
