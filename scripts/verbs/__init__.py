"""What a person calls: one module for each verb of the Makefile, and what only they use. It may use all other rooms; none uses it."""
