"""What the acts in the trail are called on a page. Each app adds its own in `ui.py`."""

from collections.abc import Iterable

_WORDS: dict[str, str] = {
    "account.signed_in": "登录",
    "account.signed_out": "退出",
    "account.sign_in_failed": "登录失败",
    "account.locked": "登录锁定",
    "account.password_changed": "修改密码",
    "job.cancelled": "取消任务",
    "document.archived": "生成文件",
    "document.downloaded": "下载文件",
    "attachment.added": "上传附件",
}


def name_acts(words: dict[str, str]) -> None:
    """Give Chinese names to the acts of an app."""
    _WORDS.update(words)


def act_name(verb: str) -> str:
    """Return the Chinese name of an act, else the verb itself."""
    return _WORDS.get(verb, verb)


def acts() -> dict[str, str]:
    """Return every act that has a name, for a filter."""
    return dict(sorted(_WORDS.items(), key=lambda pair: pair[1]))


# What codes in the details are called, by the detail's key: ("kind", "street").
_VALUES: dict[tuple[str, str], str] = {}


def name_values(key: str, words: Iterable[tuple[str, str]]) -> None:
    """Give Chinese names to the codes of a detail, such as the choices of a field."""
    _VALUES.update({(key, code): word for code, word in words})


# What the details of an act are called; an unknown one keeps its own key.
_DETAILS = {
    "address": "来源地址",
    "after": "现为",
    "anonymous": "匿名",
    "as_of": "数据截止",
    "assignee": "承办人",
    "base": "克隆自",
    "before": "原为",
    "closed_on": "停用日期",
    "code": "编码",
    "correct_by": "改正期限",
    "count": "数量",
    "counts": "条数",
    "day": "日期",
    "days": "天数",
    "document": "内容",
    "due_on": "期限",
    "effective": "生效日期",
    "field": "字段",
    "file": "文件",
    "filed_on": "立案日期",
    "finished_on": "完成日期",
    "grid": "网格",
    "grids": "网格数",
    "in_time": "按期",
    "is_complete": "完整",
    "is_official": "正式公布",
    "item": "事项",
    "kind": "种类",
    "late": "超期",
    "lead": "主办",
    "mode": "方式",
    "moved": "变动期限数",
    "number": "编号",
    "on": "日期",
    "outcome": "结果",
    "part": "内容",
    "passed": "合格",
    "place": "位置",
    "policies": "适用方案",
    "policy": "方案",
    "programme_start": "阶段起算日",
    "provisional": "暂定",
    "reason": "事由",
    "received_on": "收到日期",
    "role": "岗位",
    "section": "部分",
    "sha256": "校验值",
    "since": "自",
    "slug": "方案编号",
    "source": "来源",
    "successor": "接续网格",
    "surveyed_on": "调查日期",
    "team": "办案人员",
    "title": "标题",
    "until": "至",
    "username": "账号",
    "valid_until": "有效期至",
    "version": "版次",
}


def name_details(words: dict[str, str]) -> None:
    """Give Chinese names to the details of an app's acts."""
    _DETAILS.update({key: word for key, word in words.items() if key not in _DETAILS})


def details(data: dict[str, object]) -> str:
    """Return the details of an act in one line, in Chinese; empty ones are left out."""
    return "；".join(
        f"{_DETAILS.get(key, key)}：{_VALUES.get((key, str(value)), _said(value))}"
        for key, value in data.items()
        if value not in (None, "", [], {})
    )


def _said(value: object) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(_said(one) for one in value)
        case dict():
            return "，".join(f"{key} {_said(one)}" for key, one in value.items())
    return str(value)
