"""Trails and their steps: posts, the queue of a device, progress, cancel."""
