"""What management commands about a place have in common (design.md 5)."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q
from django.utils import timezone

from gridinspect.commands import PlainCommand
from grids.models import City, Grid, Policy


def day(text: str) -> date:
    """Read a date given as 2026-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"日期“{text}”无法识别，请写成 2026-03-31 的形式。", returncode=2
        ) from None


class PlaceCommand(PlainCommand):
    """A command over a grid or a city on a date."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument("--grid", metavar="CODE", help="网格编码或 12 位区划代码")
        place.add_argument("--city", metavar="CODE", help="地市的 6 位代码")
        parser.add_argument("--on", metavar="DATE", help="日期，默认今天")
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def place_of(self, options: dict[str, Any]) -> Grid | City:
        """Return the grid or city that was asked for."""
        if code := options["city"]:
            city = City.objects.filter(code=code).first()
            if city is None:
                raise CommandError(f"没有代码为 {code} 的地市。", returncode=2)
            return city
        return grid_by_code(options["grid"])

    def day_of(self, options: dict[str, Any]) -> date:
        """Return the date that was asked for, today by default."""
        return day(options["on"]) if options["on"] else timezone.localdate()


def grid_by_code(code: str) -> Grid:
    """Return a grid by its code or its 12-digit division code."""
    grids = Grid.objects.filter(Q(code=code) | Q(division_code=code))
    grid = grids.select_related("city", "district", "parent").first()
    if grid is None:
        raise CommandError(f"没有编码或区划代码为 {code} 的网格。", returncode=2)
    return grid


def policy_by_id(slug: str) -> Policy:
    """Return the latest loaded version of a plan."""
    plans = Policy.objects.filter(layer=Policy.Layer.PLAN).defer("document")
    policy = plans.filter(slug=slug).order_by("-version").first()
    if policy is None:
        known = "、".join(sorted(set(plans.values_list("slug", flat=True))))
        raise CommandError(
            f"没有载入编号为 {slug} 的实施方案"
            f"{f'，已载入：{known}' if known else '，请先运行 load_policies'}。",
            returncode=2,
        )
    return policy
