"""What happened in a run, when and why: read off its journal, nothing is run.

`recorded` reads a run, `timeline` says when each step worked and waited, `explain` why, `difference` compares two runs.
"""
