from django.core.management.base import CommandError
from django.utils import timezone

from grids.commands import PlainCommand
from grids.models import Grid
from reports import tallies


class Command(PlainCommand):
    help = "重新统计各区县今天和各月末的数字；--check 只比对，不符则以状态 1 退出。"

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="只比对，不改动")
        parser.add_argument(
            "--months", type=int, default=0, help="连同最近几个月末一起统计"
        )

    def handle(self, **options):
        today = timezone.localdate()
        if options["check"]:
            self.compare(today)
            return
        for district in Grid.objects.roots().order_by("code"):
            days = tallies.kept_days(district.opened_on, today)
            for day in days[: options["months"] + 1]:
                tallies.recount(district, day)
            self.stdout.write(f"{district.code} {district.name}：已统计。")

    def compare(self, today):
        faults = []
        for district in Grid.objects.roots():
            tallies.settle(district, today=today)
            for day in tallies.kept_days(district.opened_on, today):
                if tallies.is_counted(district, day):
                    faults += tallies.drift(district, day)
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("统计数与明细一致。")
