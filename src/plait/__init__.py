"""Durable, parallel workflows for coding agents."""
