"""What numbers say of one another: statistics, change points, budgets, what the gate compares. It touches no file but records and git's log."""
