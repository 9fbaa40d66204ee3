from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone

from gridinspect.documents.services import new_code
from gridinspect.jobs.services import Refused
from grids.commands import PlainCommand, day, grid_by_code
from reports import coverage
from reports.services import FORMATS, KINDS, print_report


class Command(PlainCommand):
    help = "生成报告文件：.pdf 或 .xlsx。"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=sorted(KINDS), help="报告种类")
        parser.add_argument("--grid", metavar="CODE", required=True)
        parser.add_argument("--on", metavar="DATE", help="数据截至，默认今天")
        parser.add_argument("--out", metavar="FILE", required=True, type=Path)

    def handle(self, *, kind, grid, on, out, **options):
        form = out.suffix.lstrip(".").lower()
        if form not in FORMATS:
            raise CommandError("输出文件应以 .pdf 或 .xlsx 结尾。", returncode=2)
        place = grid_by_code(grid)
        coverage.settle(place)
        on = day(on) if on else timezone.localdate()
        try:
            report = KINDS[kind].gather(place, on)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        try:
            out.write_bytes(print_report(report, form, code=new_code()))
        except OSError as error:
            raise CommandError(
                f"不能写入 {out}：{error.strerror}。", returncode=2
            ) from None
        self.stdout.write(f"{report.full_title}：{out}")
