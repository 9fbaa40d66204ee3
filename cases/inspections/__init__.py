"""Inspections (行政检查) by certified pairs, and how often a unit may be met."""
