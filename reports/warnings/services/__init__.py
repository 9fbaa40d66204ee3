"""What is done about warnings: judged from facts, looked into, told the effect of."""
