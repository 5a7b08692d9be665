"""Releases, of a checkout and of the plane: `writ release`."""
