from grids.commands import PlaceCommand
from reports import coverage
from reports.rules import PARTS, why_none


class Command(PlaceCommand):
    help = "各项覆盖率：每个率的分子、分母和比值。"

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("--children", action="store_true", help="连同直接下级")

    def handle(self, **options):
        place, on = self.place_of(options), self.day_of(options)
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
