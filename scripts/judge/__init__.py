"""What numbers say about one another: statistics, change points, budgets, what the gate compares. It touches only records and git's log."""
