"""What keeps a production server from starting: one Chinese line for each fault."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 50  # characters
SAMPLES = ("change", "example", "default", "secret", "development")  # as in a template


def unsafe_settings(
    *, production: bool, debug: bool, demo: bool, secret: str, keys: Iterable[str]
) -> list[str]:
    """Return what is unsafe about the settings; `keys` are hexadecimal."""
    faults = []
    if production and debug:
        faults.append("生产环境不能打开 DEBUG：请把 DEBUG 设为 0。")
    if production and demo:
        faults.append("生产环境不能带演示数据：请把 DEMO 设为 0。")
    if debug:
        return faults
    sample = any(word in secret.lower() for word in SAMPLES)
    if len(secret) < SHORTEST_SECRET or sample:
        faults.append(
            f"SECRET_KEY 太短或是示例值：请换成至少 {SHORTEST_SECRET} 个随机字符。"
        )
    if not demo and any(len(set(key)) < 4 for key in keys):
        faults.append(
            "FIELD_KEYS 或 INDEX_KEY 是示例值：请各换成 64 位随机十六进制数。"
        )
    return faults


def refuse(faults: Iterable[str]) -> None:
    """Stop the start when there are faults. Raises ImproperlyConfigured."""
    if lines := list(faults):
        raise ImproperlyConfigured("\n".join(lines))


def refuse_demo_accounts() -> None:
    """Stop the start when a demonstration account could be used for real data."""
    from django.conf import settings

    from gridinspect.accounts.models import User  # once the apps are ready

    if settings.DEMO or settings.DEBUG:
        return
    names = User.objects.filter(is_demo=True, is_active=True).values_list(
        "username", flat=True
    )
    if found := list(names[:5]):
        refuse([f"还有演示账号（{'、'.join(found)}…）：请换用空库，或先停用演示账号。"])
