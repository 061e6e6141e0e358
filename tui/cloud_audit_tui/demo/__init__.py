"""An AWS to look around in: a moto server process, and the accounts seeded in it."""
