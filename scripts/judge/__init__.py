"""What numbers say of one another: statistics, change points, budgets, what the gate compares. It touches records and git's log only."""
