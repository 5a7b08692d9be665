"""Gates over a checkout, their exceptions and reports: `writ gate` and `writ exceptions`."""
