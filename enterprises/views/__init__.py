"""The pages of the register of units: one module for each noun."""
