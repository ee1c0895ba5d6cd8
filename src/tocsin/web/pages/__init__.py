"""Pages for people: each module gathers from the store, has a pure view built, and renders it."""
