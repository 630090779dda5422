"""What a person sees of a run: pure functions from its state, shared by every face."""
