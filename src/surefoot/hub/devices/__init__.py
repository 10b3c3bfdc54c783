"""Devices: registration, claim, join tokens, metadata."""
