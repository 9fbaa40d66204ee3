from django.core.management.base import CommandError
from django.utils import timezone

from grids.commands import PlainCommand, day, grid_by_code, policy_by_id
from grids.models import City, Grid
from reports import coverage
from reports.conformance import (
    Scope,
    adopters_of,
    as_json,
    conformance_of,
    scopes_of,
)
from reports.judging import STATES


class Command(PlainCommand):
    help = (
        "条款落实：方案每一条在区县和日期上的状态。不写 --district 时取采用该方案的"
        "区县；有几个而在同一地市时，按这几个区县合计。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--policy", metavar="ID", required=True, help="政策编号")
        parser.add_argument("--district", metavar="CODE", help="区县编码")
        parser.add_argument("--on", metavar="DATE", help="日期，默认今天")
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *, policy, district, on, json, **options):
        slug = policy_by_id(policy).slug
        on = day(on) if on else timezone.localdate()
        place = grid_by_code(district) if district else self.whole(slug, on)
        coverage.settle(place)
        found = conformance_of(self.scope(place, slug, on))
        if json:
            self.print_json(as_json(found))
            return
        for one in found.clauses:
            self.stdout.write(f"{one.clause.id} {STATES[one.state]} {one.reason}")
        counts = "，".join(f"{STATES[s]} {n}" for s, n in found.by_state.items() if n)
        self.stdout.write(f"{found.scope.name}（{on}）：{counts}。")

    def whole(self, slug, on) -> Grid | City:
        """Return the one district under a plan, or the city of several."""
        districts = adopters_of(slug, on)
        if not districts:
            raise CommandError(f"{on} 没有区县采用方案 {slug}。", returncode=2)
        if len(districts) == 1:
            return districts[0]
        cities = {one.city for one in districts}
        if len(cities) > 1:
            codes = "、".join(one.code for one in districts)
            raise CommandError(
                f"几个地市都采用方案 {slug}，请用 --district 指明区县：{codes}。",
                returncode=2,
            )
        return cities.pop()

    def scope(self, place, slug, on) -> Scope:
        for scope in scopes_of(place, on):
            if scope.policy.slug == slug:
                return scope
        raise CommandError(f"{place.name}在 {on} 没有采用方案 {slug}。", returncode=2)
