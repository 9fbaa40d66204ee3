from django.core.management.base import CommandError

from gridinspect.audit.services import verify_chain
from gridinspect.commands import PlainCommand


class Command(PlainCommand):
    help = "检验审计记录：有增删或改动则列出并以状态 1 退出。"

    def handle(self, **options):
        if faults := verify_chain():
            raise CommandError("\n".join(faults))
        self.stdout.write("审计记录完整。")
