"""What tests the tree: README.md has the questions and the commands. It may use scripts/; nothing there uses it."""
