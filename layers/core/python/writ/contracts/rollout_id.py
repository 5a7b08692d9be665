"""What a rollout is called: `shop-17` is the 17th of the service `shop`."""

from __future__ import annotations

from typing import Final

ROLLOUT_ID: Final = r"[a-z][a-z0-9-]{0,47}-[1-9][0-9]{0,8}"
