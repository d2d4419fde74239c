"""Protocols between threads, in every order in which they may step: by Spin, from what the specification says of each step."""
