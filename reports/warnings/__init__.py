"""Early warning (预警): rules over facts, what they found, and what came of it."""
