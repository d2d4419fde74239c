"""What boots and measures: QEMU, Bochs, the guest and its clock, a host that must be quiet. It starts processes and records nothing."""
