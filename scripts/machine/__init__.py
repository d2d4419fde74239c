"""What boots and measures: QEMU, Bochs, the guest and its clock, and the host that must be quiet. It starts processes and records nothing."""
