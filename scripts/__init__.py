"""What runs on the host, apart from the kernel. README.md says what each room is for and what it may import."""
