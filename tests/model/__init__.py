"""The specification of the kernel, executable: README.md says how to read it."""
