"""Surefoot: transactional updates for embedded Linux devices. Start at `docs/architecture.md`."""

__version__ = "0.1.0"
