"""Every write to the tree, its posts and its policies, one act a function."""

from grids.services.figures import mark_dirty, note_entry

__all__ = ["mark_dirty", "note_entry"]
