"""A worker of its own process that stops at a point and waits to be killed.

python -m tests.worker JOB MODULE FUNCTION: do the job, but once FUNCTION of MODULE has
done its part for the first time, print "here" and stand still. Its lease is LEASE
seconds, so that a test need not wait long until the job is taken for forgotten.
"""

import importlib
import os
import sys
import time
from datetime import timedelta

LEASE = 3  # seconds


def main(job, module_name, function_name):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from gridinspect.jobs import models, services

    models.LEASE = services.LEASE = timedelta(seconds=LEASE)
    module = importlib.import_module(module_name)
    done = getattr(module, function_name)

    def stop_after(*args, **kwargs):
        result = done(*args, **kwargs)
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(300)
        return result

    setattr(module, function_name, stop_after)
    services.run(int(job))


if __name__ == "__main__":
    main(*sys.argv[1:])
