"""The kernel's C, built for the host, and the specification (tests/model), step by step side by side: README.md."""
