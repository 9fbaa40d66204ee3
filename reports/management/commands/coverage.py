from django.core.management.base import CommandError
from django.utils import timezone

from enterprises.models import RegistryEntry
from gridinspect.accounts.models import User
from grids.commands import PlaceCommand
from reports import coverage
from reports.against import RATES, NotByList, against, as_json
from reports.rules import PARTS, why_none


class Command(PlaceCommand):
    help = "各项覆盖率：每个率的分子、分母和比值。"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--children", action="store_true", help="连同直接下级")
        parser.add_argument(
            "--against",
            metavar="LIST",
            choices=RegistryEntry.Source.values,
            help="以一份部门名单为分母（"
            + "、".join(f"{key} {name}" for key, name in RegistryEntry.Source.choices)
            + "），默认以我方底数为分母",
        )

    def handle(self, **options):
        place, on = self.place_of(options), self.day_of(options)
        if options["against"]:
            self.against(place, on, options)
            return
        coverage.settle(place)
        figures = coverage.figures_of(place, on, children=options["children"])
        if options["json"]:
            self.print_json(coverage.as_json(figures))
            return
        for row in (figures.own, *figures.children):
            self.stdout.write(f"{row.code} {row.name}（{on}）")
            for key, (numerator, denominator) in PARTS.items():
                parts = row.counts.parts(key)
                rate = row.counts.rate(key)
                shown = why_none(key) if rate is None else f"{float(rate):.1%}"
                self.stdout.write(
                    f"  {key} {numerator} {parts[0]} ÷ {denominator} {parts[1]}"
                    f"：{shown}"
                )

    def against(self, place, on, options):
        """Print the rates with a department's list as their denominator."""
        if on != timezone.localdate():
            raise CommandError(
                "部门名单只有最新一份，不能按以前的日期计算，请去掉 --on。",
                returncode=2,
            )
        try:
            found = against(
                place,
                options["against"],
                on,
                user=User.objects.system(),
                children=options["children"],
            )
        except NotByList as error:
            raise CommandError(str(error), returncode=2) from None
        if options["json"]:
            self.print_json(as_json(found))
            return
        for one in (found, *found.children):
            self.stdout.write(f"{one.place.code} {one.place}：{one.basis}")
            self.stdout.write(f"  名单中已在我方底数的 {one.matched} 户")
            for key, name in RATES.items():
                rate = one.rate(key)
                shown = "没有名单" if rate is None else f"{rate:.1%}"
                self.stdout.write(
                    f"  {key} {name} {one.counted[key]} ÷ {one.listed}：{shown}"
                )
