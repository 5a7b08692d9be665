"""Logs, bundles and packs: copied, verified, audited and counted. `writ ledger` and `writ witness`."""
