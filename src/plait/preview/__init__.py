"""A workflow looked at before, or without, running it: its plan, what it is likely to cost, and its graph."""
