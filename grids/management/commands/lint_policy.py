from gridinspect.commands import PlainCommand
from grids.commands import policy_by_id
from grids.policy.lint import SEVERITIES
from grids.services.linting import as_json, findings_of


class Command(PlainCommand):
    help = "规则检查：方案内部的矛盾，以及与法律、与其他方案不一致之处。不阻止使用。"

    def add_arguments(self, parser):
        parser.add_argument("policy", metavar="ID", help="政策编号，如 yingkou-2021")
        parser.add_argument("--json", action="store_true", help="只输出 JSON")

    def handle(self, *, policy, json, **options):
        row = policy_by_id(policy)
        findings = findings_of(row)
        if json:
            self.print_json(as_json(row, findings))
            return
        for one in findings:
            where = "、".join(one.clauses) or "全文"
            self.stdout.write(f"{where}（{SEVERITIES[one.severity]}）{one.message}")
            for text in one.texts:
                self.stdout.write(f"    {text.source}：{text.words}")
        self.stdout.write(
            f"《{row.title}》第 {row.version} 版：共 {len(findings)} 处。"
        )
