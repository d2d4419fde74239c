"""Tests that boot the system and look at it from outside, each a program."""
