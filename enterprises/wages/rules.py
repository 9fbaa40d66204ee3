"""Decisions about wages, insurance and building projects: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from gridinspect.law import Limit
from gridinspect.workdays.rules import WorkCalendar, months_later

PERCENT = Decimal(100)

# The five items of a building project (五项制度), in the order of the check sheet, with
# the article of 保障农民工工资支付条例 that asks for each.
ITEMS: Mapping[str, tuple[str, str]] = {
    "real_name": ("实名制管理", "第二十八条"),
    "account": ("工资专用账户", "第二十六条"),
    "by_contractor": ("总包代发工资", "第三十一条"),
    "deposit": ("工资保证金", "第三十二条"),
    "notice": ("维权信息公示", "第三十四条"),
}
REGULATION = "保障农民工工资支付条例"


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return months_later(month_of(day), 1) - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Return how many months lie between two, both counted."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def outstanding(amount: Decimal, repaid: Iterable[Decimal]) -> Decimal:
    """Return what is still owed; never less than nothing."""
    return max(amount - sum(repaid, Decimal(0)), Decimal(0))


def rate(part: int, whole: int) -> Decimal | None:
    """Return a share, such as 参保率 (K8); of nothing there is none."""
    return Decimal(part) / Decimal(whole) if whole else None


# --- arrears --------------------------------------------------------------------------


def arrears_objection(
    *, month_from: date, month_to: date, found_on: date, today: date
) -> tuple[str, str]:
    """Return the field that is wrong and why, or two empty texts."""
    if found_on > today:
        return "found_on", f"发现日期 {found_on} 晚于今天，请改正。"
    if month_to < month_from:
        return "month_to", "“欠至”的月份早于“欠自”的月份，请核对。"
    if month_to > month_of(found_on):
        return "month_to", "“欠至”的月份晚于发现日期，尚未到期的不算拖欠，请核对。"
    return "", ""


def repayment_objection(
    *, paid_on: date, amount: Decimal, owed: Decimal, month_from: date, today: date
) -> tuple[str, str]:
    """Return the field that is wrong with a repayment and why, or two empty texts."""
    if paid_on > today:
        return "paid_on", f"补发日期 {paid_on} 晚于今天，请在实际支付后登记。"
    if paid_on < month_from:
        return "paid_on", "补发日期早于欠款的起始月份，请核对。"
    if amount > owed:
        return "amount", f"补发金额超过尚欠的 {owed:,.2f} 元，请核对。"
    return "", ""


# --- wages ----------------------------------------------------------------------------


def payment_objection(
    *,
    cycle_from: date,
    cycle_to: date,
    paid_on: date | None,
    payable: Decimal,
    paid: Decimal,
    persons: int,
    below_minimum: int,
    today: date,
) -> tuple[str, str]:
    """Return the field of a pay cycle that is wrong and why, or two empty texts."""
    if cycle_to < cycle_from:
        return "cycle_to", "支付周期的结束日期早于开始日期，请核对。"
    if cycle_from > today:
        return "cycle_from", "支付周期还没有开始，请核对。"
    if paid_on and paid_on > today:
        return "paid_on", f"实际支付日 {paid_on} 晚于今天，请在支付后登记。"
    if paid > 0 and not paid_on:
        return "paid_on", "已填写实付工资，请填写实际支付日。"
    if paid > payable:
        return "paid", "实付工资多于应付工资，请核对（奖金等计入应付工资）。"
    if below_minimum > persons:
        return "below_minimum", "低于最低工资的人数多于总人数，请核对。"
    return "", ""


def days_late(due_on: date | None, paid_on: date | None, today: date) -> int:
    """Return how many days after the agreed day wages were paid, or are waiting."""
    if due_on is None:
        return 0
    return max(((paid_on or today) - due_on).days, 0)


# --- projects -------------------------------------------------------------------------


@dataclass(frozen=True)
class ItemState:
    """Where one of the five items stands: `met`, `failed` or `missing`, and why."""

    item: str
    state: str
    why: str
    checked_on: date | None = None

    @property
    def name(self) -> str:
        return ITEMS[self.item][0]

    @property
    def article(self) -> str:
        return f"{REGULATION}{ITEMS[self.item][1]}"


@dataclass(frozen=True)
class SiteFacts:
    """What a project's own record says, for the five items."""

    started_on: date
    price: Decimal
    roster: int = 0
    wage_officer: str = ""
    account_opened_on: date | None = None
    deposit: str = ""
    deposit_amount: Decimal | None = None
    deposit_until: date | None = None
    cost_cycle: int | None = None


@dataclass(frozen=True)
class Checked:
    """The newest check of an item."""

    met: bool
    on: date
    finding: str = ""


def five_items(
    site: SiteFacts,
    checks: Mapping[str, Checked],
    *,
    on: date,
    deposit_least: Limit,
    cycle_most: Limit,
) -> list[ItemState]:
    """Return where each of the five items stands on a day.

    What the record itself contradicts fails, whatever a check said; otherwise the
    newest check decides, and an item that nobody checked is missing.
    """
    contradictions = _contradictions(site, on, deposit_least, cycle_most)
    states = []
    for item in ITEMS:
        check = checks.get(item)
        checked_on = check.on if check else None
        if why := contradictions.get(item):
            states.append(ItemState(item, "failed", why, checked_on))
        elif check is None:
            states.append(ItemState(item, "missing", "没有检查记录"))
        elif check.met:
            states.append(ItemState(item, "met", check.finding, checked_on))
        else:
            states.append(ItemState(item, "failed", check.finding, checked_on))
    return states


def _contradictions(
    site: SiteFacts, on: date, deposit_least: Limit, cycle_most: Limit
) -> dict[str, str]:
    found = {}
    if not site.roster:
        found["real_name"] = "没有实名登记的人员"
    elif not site.wage_officer:
        found["real_name"] = "没有配备劳资专管员"
    if site.account_opened_on is None or site.account_opened_on > on:
        found["account"] = "没有开立专用账户"
    if site.cost_cycle is not None and site.cost_cycle > cycle_most.value:
        found["by_contractor"] = (
            f"人工费用每 {site.cost_cycle} 个月拨付一次，"
            f"超过 {cycle_most.value} 个月（{cycle_most.source}）"
        )
    if why := deposit_fault(site, on, deposit_least):
        found["deposit"] = why
    return found


def deposit_fault(site: SiteFacts, on: date, least: Limit) -> str:
    """Say what is wrong with the wage deposit or guarantee, or nothing."""
    if not site.deposit:
        return "没有存储工资保证金，也没有保函"
    if site.deposit == "exempt":
        return ""
    wanted = (site.price * least.value / PERCENT).quantize(Decimal("0.01"))
    if site.deposit_amount is None or site.deposit_amount < wanted:
        doubt = "" if least.verified else "，比例待核实"
        return f"保证金少于合同价的 {least.value}%（{wanted:,.2f} 元{doubt}）"
    if site.deposit_until and site.deposit_until < on:
        return f"保函已于 {site.deposit_until} 到期"
    return ""


def empty_since(balances: Sequence[tuple[date, Decimal]], on: date) -> date | None:
    """Return since when an account has been empty on a day; None when it is not.

    `balances` are (day, balance) in the order of days. Without any there is nothing
    known, so the account does not count as empty.
    """
    since = None
    for day, balance in balances:
        if day > on:
            break
        if balance > 0:
            since = None
        elif since is None:
            since = day
    return since


def closing_objection(
    *,
    finished_on: date | None,
    publicised_on: date | None,
    close_on: date,
    owed: Decimal,
    limit: Limit,
    today: date,
) -> str:
    """Say why the special account may not be closed on a day, or nothing."""
    rule = f"（{limit.source}）"
    if close_on > today:
        return f"注销日期 {close_on} 晚于今天，请在注销后登记。"
    if finished_on is None:
        return f"工程还没有完工，专用账户不能注销{rule}。请先登记完工日期。"
    if publicised_on is None or publicised_on < finished_on:
        return f"完工后还没有公示，专用账户不能注销{rule}。请先登记公示日期。"
    earliest = publicised_on + timedelta(days=limit.value)
    if close_on < earliest:
        return f"公示未满 {limit.value} 日，最早可于 {earliest} 注销{rule}。"
    if owed > 0:
        return f"工程还拖欠工资 {owed:,.2f} 元，专用账户不能注销{rule}。"
    return ""


# --- warnings from inside -------------------------------------------------------------


def step_due(start: date, limit: Limit, workdays: WorkCalendar) -> date:
    """Return the last day of a step of a wage warning, counted from the day after."""
    if limit.unit == "working_days":
        return workdays.add(start, limit.value).on
    return workdays.add_natural(start, limit.value).on


def escalation_objection(
    *, state: str, union_action: str, union_due_on: date, on: date
) -> str:
    """Say why a warning may not go on to the bureau yet, or nothing.

    The union acts first; when it has not acted by its day, one need not wait for it.
    """
    if state != "union":
        return "这条预警已经上报或者办结，不能再次上报。"
    if not union_action and on <= union_due_on:
        return (
            f"工会协调期限到 {union_due_on}：请先登记工会做了什么；"
            "到期没有协调的，次日起可以直接上报。"
        )
    return ""


def ledger_ends(cycle_to: date, limit: Limit) -> date:
    """Return until when the wage ledger of a cycle must be kept."""
    return months_later(cycle_to, limit.value * 12)
