"""The embedded AWS for the demo: a moto server process with seeded accounts."""
