"""The five demonstration jurisdictions: real places, made-up people and firms.

The same seed gives the same data. Nothing here is used outside the demonstration.
"""
