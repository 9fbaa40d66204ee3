"""Early warning: rules over facts, what they found, what came of it."""
