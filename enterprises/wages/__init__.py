"""Wages, insurance, building projects: arrears, special accounts, the five checks."""
