"""The booted machine beside the specification: every entry into the kernel of a whole run under QEMU."""
