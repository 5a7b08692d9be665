"""API documents compared, and clients made of them: `writ api` and `writ sdk`."""
