"""What the acts in the trail are called on a page. Each app adds its own in `ui.py`."""

_WORDS: dict[str, str] = {
    "account.signed_in": "登录",
    "account.signed_out": "退出",
    "account.sign_in_failed": "登录失败",
    "account.locked": "登录锁定",
    "account.password_changed": "修改密码",
    "job.cancelled": "取消任务",
    "document.archived": "生成文件",
    "document.downloaded": "下载文件",
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
