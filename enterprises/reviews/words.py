"""How written reviews speak on a page."""

from collections.abc import Iterable
from datetime import date

from django.utils.safestring import SafeString

from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.rules import FILED, OPEN, UNFILED
from gridinspect.audit.telling import happened_to
from gridinspect.audit.verbs import name_acts
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
# What comes next, by the state of one unit's review and of a round.
NEXT = {
    "pending": "等单位报送",
    "draft": "填报完整后提交报送",
    "submitted": "请审查所报送的材料",
    "returned": "等单位补正后重新报送",
    "correcting": "整改后请复查",
    "passed": "书面审查结束时归档",
    "archived": "不用再办理",
}
NEXT_OF_ROUND = {
    "prepared": "请先发布公告",
    "announced": "请按进度催报、审查和抽查",
    "ended": "不能再办理",
}
# What the timeline tells of an act.
DETAILS = {
    "on": "日期",
    "number": "文号或次序",
    "conclusion": "结论",
    "act": "操作",
    "units": "户数",
    "seed": "种子",
    "due_on": "期限",
    "correct_by": "期限",
    "survey": "调查登记表",
    "points": "问题",
    "note": "情况",
    "reason": "理由",
}
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


def round_not_now(round: ReviewRound, *states: str) -> str:
    """Return why an act of these states cannot be done; empty where it can."""
    if round.state in states:
        return ""
    return f"{round}{round.get_state_display()}，{NEXT_OF_ROUND[round.state]}。"


def not_now(review: Review, *states: str) -> str:
    """Return why an act on one unit's review cannot be done; empty where it can."""
    if why := round_not_now(review.round, ReviewRound.State.ANNOUNCED):
        return why
    if review.state in states:
        return ""
    return f"该单位{review.get_state_display()}，{NEXT[review.state]}。"


def next_step(review: Review) -> str:
    """Return what comes next of a review; empty once nothing does."""
    if review.round.state != ReviewRound.State.ANNOUNCED:
        return ""
    if review.state == Review.State.SUBMITTED and site(review) == "抽中待查":
        return "下一步：该单位被抽中，请先登记实地抽查情况，再审查。"
    return f"下一步：{NEXT[review.state]}。"


def to_mend(words: str, review: Review) -> str:
    """Return what has to be put right, with its last day where one is set."""
    until = f"（限 {review.correct_by}）" if review.correct_by else ""
    return f"{words}：{review.points}{until}"


def no_filing(review: Review, today: date) -> str:
    """Return why a unit cannot hand in; empty where it can."""
    State = Review.State
    if why := not_now(review, State.PENDING, State.DRAFT, State.RETURNED):
        return why
    if review.round.opens_on > today:
        return f"报送从 {review.round.opens_on} 开始，现在还不能报送。"
    return ""


def no_site(review: Review) -> str:
    """Return why there is nothing to see on site; empty where there is."""
    if review.sample_id is None:
        return "该单位没有被抽中实地抽查，不用登记。"
    return not_now(review, *FILED)


def no_order(review: Review, today: date) -> str:
    """Return why a unit is not to be ordered to hand in; empty where it may be."""
    if why := not_now(review, *UNFILED):
        return why
    if review.round.closes_on >= today:
        return (
            f"报送截止日期是 {review.round.closes_on}，过后仍未报送的才责令限期报送；"
            "现在请催报。"
        )
    return ""


def no_end(round: ReviewRound, today: date) -> str:
    """Return why a round cannot end; empty where it can."""
    if why := round_not_now(round, ReviewRound.State.ANNOUNCED):
        return why
    if round.closes_on >= today:
        return f"报送截止日期是 {round.closes_on}，过后才能结束并归档。"
    counts = round.reviews.all().by_state()
    waiting = sum(counts.get(state, 0) for state in OPEN)
    if waiting:
        return (
            f"还有 {waiting} 户待审查、补正或复查，办完后才能结束；"
            "在“单位名单”中按状态查询。"
        )
    return ""


def site(review: Review) -> str:
    if review.sample_id is None:
        return ""
    return f"已查 {review.site_on}" if review.site_on else "抽中待查"


def timeline_of(row: Review | ReviewRound) -> Iterable[TimelineEntry]:
    """Return what happened to a review or a round."""
    return happened_to(row, DETAILS, marks={"late": "逾期报送"})
