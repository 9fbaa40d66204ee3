"""The check sheet of the five items on paper, filled in and signed on the site."""

from collections.abc import Sequence
from datetime import date

from enterprises.wages.models import Project
from enterprises.wages.rules import REGULATION, ItemState
from gridinspect.documents import pdf

TITLE = "工程建设项目工资支付五项制度检查表"


def check_sheet(project: Project, states: Sequence[ItemState], *, on: date) -> bytes:
    """Return the sheet with what is known, and room for what is found."""
    fact = pdf.Fact
    story = pdf.title(TITLE, f"（数据截止 {pdf.chinese_date(on)}）")
    story += pdf.facts(
        [
            [fact("工程名称", project.name)],
            [fact("工程地址", project.address)],
            [fact("建设单位", project.builder)],
            [fact("施工总承包", project.contractor_name)],
            [
                fact("合同价（元）", f"{project.price:,.2f}"),
                fact("开工日期", str(project.started_on)),
            ],
            [
                fact("劳资专管员", project.wage_officer),
                fact("实名人数", str(project.roster)),
            ],
            [
                fact("专户开户行", project.bank),
                fact("保证金（元）", _deposit(project)),
            ],
        ]
    )
    story.append(
        pdf.table(
            ["序号", "项目", "依据", "现有记录", "检查结果", "情况"],
            [
                [
                    number,
                    one.name,
                    one.article.removeprefix(REGULATION),
                    _known(one),
                    "□落实\n□未落实",
                    "",
                ]
                for number, one in enumerate(states, start=1)
            ],
            widths=[10, 30, 22, 46, 24, 38],
            centred=[0, 2, 4],
        )
    )
    story.append(
        pdf.paragraph(
            f"依据列为《{REGULATION}》条次。检查应由两名以上监察员进行并出示证件；"
            "本表不作为处罚依据。",
            pdf.NOTE,
        )
    )
    story.append(pdf.spacer(6))
    story += pdf.facts(
        [
            [fact("检查人（签字）", ""), fact("检查日期", "")],
            [fact("项目负责人（签字）", ""), fact("联系电话", "")],
        ],
        label=36,
    )
    return pdf.build(story, title=f"{TITLE} {project.name}")


def _known(one: ItemState) -> str:
    words = {"met": "已落实", "failed": "未落实", "missing": ""}[one.state]
    day = f"（{one.checked_on} 检查）" if one.checked_on else ""
    why = one.why if one.why and one.state != "met" else ""
    return "：".join(filter(None, [f"{words}{day}", why]))


def _deposit(project: Project) -> str:
    if not project.deposit:
        return "未存储"
    amount = f" {project.deposit_amount:,.2f}" if project.deposit_amount else ""
    return f"{project.get_deposit_display()}{amount}"
