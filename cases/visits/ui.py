"""What visits add to the pages of others: names of acts."""

from cases.visits.models import Hazard
from gridinspect.audit.verbs import name_acts, name_values

name_acts(
    {
        "visit.recorded": "登记走访",
        "visit.exported": "导出走访记录",
        "hazard.found": "发现隐患",
        "hazard.escalated": "立即上报隐患",
        "hazard.answered": "处理上报的隐患",
        "hazard.noted": "复查隐患",
        "hazard.cleared": "消除隐患",
        "publicity.recorded": "登记普法宣传",
        "feedback.recorded": "登记工人反馈",
        "feedback.routed": "转交工人反馈",
        "feedback.replied": "答复工人反馈",
        "clue.settled": "处理走访线索",
    }
)
name_values("level", Hazard.Level.choices)
