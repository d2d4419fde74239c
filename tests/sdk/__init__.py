"""Tests of the SDK: its tool, and systems that it makes."""
