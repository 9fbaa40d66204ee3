"""三上墙: what posters say today, which hang, and which are out of date and why."""
