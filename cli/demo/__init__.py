"""Demonstrations on a running plane or on a copy: `writ demo`."""
