"""What the steps of tests/run.py are made of: the kinds of steps, how their results are kept, and the coverage that a guest prints."""
