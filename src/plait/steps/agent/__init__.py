"""`command` and `prompt`: steps that a coding agent does."""
