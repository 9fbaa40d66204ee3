import re

from django.core.management.base import CommandError
from django.utils import timezone

from grids.commands import PlainCommand, day, grid_by_code, policy_by_id
from grids.models import Policy, PolicyDraft
from reports.differences import Plan, changed
from reports.whatif import as_json, draft_as_plan, plan_in_force, version_as_plan
from reports.whatif import what_if as compared


class Command(PlainCommand):
    help = "方案试算：用一天的数据按另一个方案或草稿重新计算，只比较，不保存。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--district", metavar="CODE", required=True, help="区县或下级网格的编码"
        )
        other = parser.add_mutually_exclusive_group(required=True)
        other.add_argument(
            "--policy", metavar="ID", help="政策编号；要某一版时写成“编号@版本”"
        )
        other.add_argument("--draft", metavar="N", help="方案草稿的序号（见其网址）")
        parser.add_argument("--on", metavar="DATE", help="日期，默认今天")
        parser.add_argument(
            "--start", metavar="DATE", help="阶段起算日，默认同现行方案"
        )
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *, district, policy, draft, on, start, json, **options):
        place = grid_by_code(district)
        on = day(on) if on else timezone.localdate()
        follows = plan_in_force(place, on).follows
        begun = follows.programme_start if follows else None
        start = day(start) if start else begun
        other = self.version(policy, on, start) if policy else None
        found = compared(place, on, other or self.draft(draft, on, start))
        if json:
            self.print_json(as_json(found))
            return
        for group in found.groups:
            for line in group.changed:
                self.stdout.write(
                    f"{group.title} {line.name}："
                    f"{line.left.words} → {line.right.words}（{line.difference}）"
                )
        self.stdout.write(
            f"{place.name}（{on}）由{found.left.plan.name}改为{found.right.plan.name}："
            f"{changed(found.groups)} 项有变化。"
        )

    def version(self, text, on, start) -> Plan:
        slug, _, version = text.partition("@")
        if not version:
            return version_as_plan(policy_by_id(slug), on=on, start=start)
        if not re.fullmatch(r"[0-9]{1,4}", version):
            raise CommandError(
                f"版本“{version}”应为数字，例如 {slug}@1。", returncode=2
            )
        plans = Policy.objects.filter(layer=Policy.Layer.PLAN).defer("document")
        policy = plans.filter(slug=slug, version=version).first()
        if policy is None:
            raise CommandError(f"没有载入方案 {slug} 第 {version} 版。", returncode=2)
        return version_as_plan(policy, on=on, start=start)

    def draft(self, number, on, start) -> Plan:
        found = None
        if re.fullmatch(r"[0-9]{1,9}", number):
            found = PolicyDraft.objects.filter(pk=number).first()
        if found is None:
            raise CommandError(f"没有序号为 {number} 的方案草稿。", returncode=2)
        return draft_as_plan(found, on=on, start=start)
