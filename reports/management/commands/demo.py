from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from gridinspect.accounts.roles import Role
from grids.commands import PlainCommand
from grids.models import Grid, Policy
from reports.demo.accounts import ACCOUNTS, INSIDE, PASSWORD
from reports.demo.build import SCALES, build


class Command(PlainCommand):
    help = "建立五个演示地区：人员和单位都是编造的，每次结果相同。"

    def add_arguments(self, parser):
        parser.add_argument("--scale", choices=SCALES, default="small")
        parser.add_argument(
            "--if-empty", action="store_true", help="已有数据时只列出演示账号"
        )

    def handle(self, *, scale, if_empty, **options):
        if not settings.DEMO:
            raise CommandError("生产环境不能建立演示数据。试用时请设置 DEMO=1。")
        if Grid.objects.exists():
            if not if_empty:
                raise CommandError(
                    "已有网格数据，演示数据只能建在空库中。", returncode=2
                )
        else:
            if not Policy.objects.exists():
                call_command("load_policies", stdout=self.stdout)
            build(scale=scale, say=self.stdout.write)
        self.list_accounts()

    def list_accounts(self):
        self.stdout.write(f"\n演示账号（密码都是 {PASSWORD}）：")
        for account in [*ACCOUNTS, INSIDE]:
            role = Role(account.role).label
            self.stdout.write(f"  {account.username:<14}{role}（{account.place}）")
