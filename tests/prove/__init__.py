"""The proof that the fast paths and their C twins do the same: prove.py."""
