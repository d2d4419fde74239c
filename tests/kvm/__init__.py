"""The test under real KVM, in a machine that QEMU emulates: run.py."""
