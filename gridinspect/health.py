"""Whether this process can do its work: for load balancers and the compose file."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers; a silent broker is said, not a fault.

    Jobs wait as rows while the broker is away, and signing in needs no cache.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    try:
        cache.set("health", 1, 10)
        broker = True
    except (RedisError, OSError):
        broker = False
    return JsonResponse({"database": True, "broker": broker})
