"""What people call: one module for each verb of the Makefile, and what only these use. It may use all other rooms; none uses it."""
