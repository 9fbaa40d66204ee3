"""The pages for what went wrong: in Chinese, with a number to ask about.

They are drawn without a request, so that a page about a broken database needs none.
"""

import logging
import secrets
import sys
from dataclasses import dataclass
from urllib.parse import quote

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

logger = logging.getLogger("gridinspect.errors")


@dataclass(frozen=True)
class Fault:
    """What the page says: what happened, and what to do."""

    status: int
    title: str
    what: str
    remedy: str


BAD_REQUEST = Fault(
    400,
    "请求无法识别",
    "系统没有看懂这次请求，可能是网址不完整，或者提交的内容过大。",
    "请返回上一页，重新打开后再操作。",
)
FORBIDDEN = Fault(
    403,
    "没有权限",
    "您的岗位不能进行这项操作。",
    "如工作需要，请向本单位的系统管理员申请相应岗位。",
)
STALE_FORM = Fault(
    403,
    "页面已失效",
    "为防止他人冒用您的身份提交，系统没有接受这次提交。",
    "请返回上一页，刷新页面后重新提交；仍不行的，请退出后重新登录。",
)
NOT_FOUND = Fault(
    404,
    "没有找到",
    "您要看的内容不存在，或者不在您的管辖范围内。",
    "请核对网址，或者从左侧菜单重新进入。",
)
BROKEN = Fault(
    500,
    "系统出错",
    "系统内部出错，您刚才的操作没有保存。",
    "请稍后再试；仍不行的，请把下面的错误编号告诉系统管理员。",
)
UNAVAILABLE = Fault(
    503,
    "暂时无法使用",
    "数据库正在维护或者暂时连接不上，您刚才的操作没有保存。",
    "请过几分钟再试；仍不行的，请把下面的错误编号告诉系统管理员。",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, FORBIDDEN, detail=str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    broken = sys.exc_info()[1]
    if isinstance(broken, OperationalError | InterfaceError):
        response = answer(request, UNAVAILABLE)
        response["Retry-After"] = "60"
        return response
    return answer(request, BROKEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, STALE_FORM)


def answer(request: HttpRequest, fault: Fault, *, detail: str = "") -> HttpResponse:
    """Return the page of a fault, under a fresh number that is also in the log.

    The headers carry the same words, for a script that cannot show a whole page.
    """
    number = f"{timezone.localdate():%Y%m%d}-{secrets.token_hex(3).upper()}"
    line = f"{number} {fault.status} {request.method} {request.path}"
    if fault.status >= 500:  # the number must lead to the cause, which no page shows
        logger.error(line, exc_info=sys.exc_info()[0] is not None)
    else:
        logger.warning(line)
    words = detail if detail.endswith("。") else fault.what  # sentences for people
    html = render_to_string(
        "errors/error.html", {"fault": fault, "what": words, "number": number}
    )
    response = HttpResponse(html, status=fault.status)
    response["Cache-Control"] = "no-store"
    response["X-Error-Number"] = number
    response["X-Error-Text"] = quote(f"{fault.title}：{words}{fault.remedy}")
    return response
