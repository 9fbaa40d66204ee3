"""Addresses of the rows behind a figure."""

from datetime import date

from django import template
from django.urls import reverse

from grids.models import City, Grid
from reports.rows import read_by

register = template.Library()


@register.simple_tag
def rows_url(place: Grid | City, rate: str, part: str, on: date) -> str:
    """Return where the rows behind a part of a rate are listed."""
    if isinstance(place, City):
        url = reverse("reports:city-rows", args=[place.code, rate, part])
    else:
        url = reverse("reports:grid-rows", args=[place.pk, rate, part])
    return f"{url}?on={on:%Y-%m-%d}"


@register.simple_tag(takes_context=True)
def may_open(context: dict, rate: str) -> bool:
    """Tell whether the reader's posts open the rows behind a rate."""
    return context["user"].holds(read_by(rate.replace("-", ":")))


@register.filter
def cn_level(level: int) -> str:
    """Return 一级, 二级, 三级 or 四级."""
    return f"{'零一二三四'[level]}级"
