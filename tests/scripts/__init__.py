"""The tests of the host scripts: run.py finds and runs them."""
