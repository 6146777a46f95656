"""The process that runs student code, and the locks around it."""
