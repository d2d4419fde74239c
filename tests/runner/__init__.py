"""What the steps of tests/run.py are made of: the kinds of steps, what is kept of them, and the coverage that a guest prints."""
