from pathlib import Path

from django.core.management.base import CommandError
from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.commands import PlainCommand
from grids.policy import PolicyError
from grids.services.policies import load_policy, shipped_files


class Command(PlainCommand):
    help = "Load policy versions from TOML files, the shipped ones by default."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    @transaction.atomic
    def handle(self, *, files, **options):
        by = User.objects.system()
        for path in files or shipped_files():
            try:
                loaded = load_policy(document=path.read_bytes(), by=by)
            except OSError as error:
                raise CommandError(
                    f"读不了文件 {path}（{error.strerror}），请核对路径。", returncode=2
                ) from error
            except PolicyError as error:
                raise CommandError(f"{path.name}：{error}", returncode=2) from error
            slug, version = loaded.policy.slug, loaded.policy.version
            state = "新载入" if loaded.is_new else "未变"
            self.stdout.write(
                f"{slug} 第 {version} 版：{loaded.clauses} 条条款，{state}"
            )
