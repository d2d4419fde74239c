"""What makes an image: what the Makefile's rules call, and the builds of other commits. It writes only below build/."""
