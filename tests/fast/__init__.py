"""When a fast path is taken: what the specification says (tests/model/fast.py), beside what the comparison and the proof say."""
