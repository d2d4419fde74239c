"""Theorems about the kernel's C that has no fast path: capabilities, mappings, and who runs next; on the machine code of the image."""
