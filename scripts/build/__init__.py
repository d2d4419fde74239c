"""What an image is made by: what the Makefile's rules call, and the builds of other commits. It writes only below build/."""
