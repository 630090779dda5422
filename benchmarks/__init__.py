"""Plait's speed, measured beside plain tools: `python -m benchmarks`."""
