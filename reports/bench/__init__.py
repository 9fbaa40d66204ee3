"""The program's own benchmark: floors and the program side by side, in one run.

Every figure of ours counts only as a ratio to a floor that was taken on the same
machine at the same time (docs/performance.md).
"""
