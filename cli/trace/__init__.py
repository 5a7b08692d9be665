"""Traces found and drawn: `writ trace`."""
