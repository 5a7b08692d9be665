"""The kernel, and what two or more bots share."""

import gc

# A start makes some 150,000 objects that stay. Looking for garbage among them every 700 took an eighth of it;
# `writ.runtime.environment` ends the start.
gc.set_threshold(200_000)
