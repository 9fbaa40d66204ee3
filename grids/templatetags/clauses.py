"""The clause that a rule, a rate or a refusal rests on, one click away."""

from django import template
from django.urls import reverse
from django.utils.html import format_html

from grids.models import Policy
from grids.services.policies import values_of

register = template.Library()


@register.simple_tag
def clause_link(policy: Policy | None, number: str) -> str:
    """Link to a clause of a loaded policy; its quoted words show on hovering."""
    clause = values_of(policy).clause(number) if policy else None
    if policy is None or clause is None:
        return number
    page = reverse("grids:policy", args=[policy.pk])
    return format_html(
        '<a href="{}?tab=clauses#{}" title="{}">{}</a>',
        page,
        number,
        clause.quote,
        number,
    )
