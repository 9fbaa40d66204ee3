"""How a unit is watched: credit grades, key supervision, publication."""
