import sys

from gridinspect.accounts.models import User
from grids.commands import PlainCommand
from grids.models import Grid
from grids.services import tree


class Command(PlainCommand):
    help = "核对每个区县的网格树与上下级关系是否一致；有问题时退出码为 1。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--repair", action="store_true", help="按上下级关系重新编号"
        )

    def handle(self, *, repair, **options):
        districts = Grid.objects.roots().select_related("city").order_by("code")
        faulty = 0
        for district in districts:
            faults = tree.faults_of(district)
            for fault in faults:
                self.stdout.write(f"{district}：{fault}")
            if faults and repair:
                faults = self._repair(district)
            faulty += bool(faults)
        if faulty:
            self.stderr.write(f"{faulty} 个区县的网格树有问题，可用 --repair 修复。")
            sys.exit(1)
        self.stdout.write(f"{len(districts)} 个区县的网格树没有问题。")

    def _repair(self, district):
        """Renumber a district under its lock; return what is still wrong."""
        changed = tree.repair(district, by=User.objects.system())
        faults = tree.faults_of(Grid.objects.get(pk=district.pk))
        self.stdout.write(f"{district}：已重新编号 {changed} 个网格。")
        for fault in faults:
            self.stdout.write(f"{district}：仍有问题：{fault}")
        return faults
