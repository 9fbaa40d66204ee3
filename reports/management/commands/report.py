from pathlib import Path

from django.core.management.base import CommandError
from django.utils import timezone

from gridinspect.documents.services import new_code
from gridinspect.jobs.services import Refused
from grids.commands import PlainCommand, day, grid_by_code
from reports import coverage
from reports.services import KINDS, Kind, print_report


class Command(PlainCommand):
    help = "生成报告文件：.pdf 或 .xlsx。"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=sorted(KINDS), help="报告种类")
        parser.add_argument("--grid", metavar="CODE", required=True)
        parser.add_argument("--on", metavar="DATE", help="数据截至，默认今天")
        parser.add_argument("--out", metavar="FILE", required=True, type=Path)

        parser.add_argument(
            "--size", choices=("a3", "a1"), help="上墙图表的幅面，默认 a3"
        )

    def handle(self, *, kind, grid, on, out, size, **options):
        form = _form(KINDS[kind], out.suffix.lstrip(".").lower(), size)
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


def _form(kind: Kind, suffix: str, size: str | None) -> str:
    """Return the form of a report from what its file is called and its size."""
    if suffix not in ("pdf", "xlsx"):
        raise CommandError("输出文件应以 .pdf 或 .xlsx 结尾。", returncode=2)
    if size and (suffix != "pdf" or "a1" not in kind.forms):
        raise CommandError(
            "只有上墙图表的 PDF 可以选幅面，请去掉 --size。", returncode=2
        )
    return "a1" if size == "a1" else suffix
