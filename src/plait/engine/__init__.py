"""The only place where a run advances: the walk, the fan-out, and what goes on beside them."""
