"""The plane on this machine or deployed from it: `writ run`, `up`, `replay`, `deploy` and `forge`."""
