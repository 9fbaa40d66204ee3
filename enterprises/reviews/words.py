"""How written reviews speak on a page."""

from collections.abc import Iterable

from django.utils.safestring import SafeString

from enterprises.reviews.models import Review, ReviewRound
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name, name_acts
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.templatetags.ui import badge_html

name_acts(
    {
        "review_round.begun": "开始书面审查",
        "review_round.announced": "书面审查公告",
        "review_round.sampled": "抽取实地抽查单位",
        "review_round.reminded": "催报书面审查",
        "review_round.passed": "书面审查批量合格",
        "review_round.undone": "撤销书面审查批量操作",
        "review_round.ended": "结束书面审查并归档",
        "review.drafted": "保存书面审查草稿",
        "review.submitted": "报送书面审查",
        "review.checked": "书面审查结论",
        "review.rechecked": "书面审查复查",
        "review.seen_on_site": "书面审查实地抽查",
        "review.ordered": "责令限期报送书面审查材料",
    }
)
TONES = {
    "pending": "notice",
    "draft": "plain",
    "submitted": "info",
    "returned": "warning",
    "correcting": "warning",
    "passed": "ok",
    "archived": "ok",
}
ROUND_TONES = {"prepared": "notice", "announced": "info", "ended": "ok"}


def state(review: Review) -> SafeString:
    return badge_html(review.get_state_display(), TONES[review.state])


def round_state(round: ReviewRound) -> SafeString:
    return badge_html(round.get_state_display(), ROUND_TONES[round.state])


def site(review: Review) -> str:
    if review.sample_id is None:
        return ""
    return f"已查 {review.site_on}" if review.site_on else "抽中待查"


def timeline_of(row: Review | ReviewRound) -> Iterable[TimelineEntry]:
    """Return what happened to a review or a round."""
    for event in history(row):
        yield TimelineEntry(
            at=event.at,
            text=act_name(event.verb),
            by=event.actor_name,
            note=_note(event.data),
        )


def _note(data: dict) -> str:
    parts = [
        f"{label}：{data[key]}"
        for key, label in (
            ("on", "日期"),
            ("number", "文号或次序"),
            ("conclusion", "结论"),
            ("act", "操作"),
            ("units", "户数"),
            ("seed", "种子"),
            ("due_on", "期限"),
            ("correct_by", "期限"),
            ("survey", "调查登记表"),
            ("points", "问题"),
            ("note", "情况"),
            ("reason", "理由"),
        )
        if data.get(key)
    ]
    if data.get("late"):
        parts.append("逾期报送")
    return "，".join(parts)
