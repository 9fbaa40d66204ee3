"""How amounts of this room look on a page."""

from django import template

from gridinspect.law import Limit

register = template.Library()


@register.filter
def fen(limit: Limit | None) -> str:
    """Show a limit that is kept in fen in yuan."""
    return "—" if limit is None else f"{limit.value / 100:g}"
