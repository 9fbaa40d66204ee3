"""What the organisation tree beside a list is made of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TreeNode:
    """One node of the organisation tree beside a list.

    `url` shows the list at this node; `expand_url` brings its children by htmx. A node
    whose `children` are given is drawn open.
    """

    label: str
    url: str
    selected: bool = False
    has_children: bool = False
    expand_url: str = ""
    children: Sequence["TreeNode"] = ()
    note: str = ""
