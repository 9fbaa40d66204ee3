"""How launch.py sets GridInspect up and runs it, in plain Python.

Standard library only, and nothing of the rest of the program: this runs before any
package is installed. Hence launch.py imports it as ``launcher``, past
``gridinspect/__init__.py``, which wants Celery.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class Refusal(Exception):
    """What keeps us from going on, in one line that says what to do."""


def say(line: str) -> None:
    """Tell the user; standard output belongs to the commands we run."""
    print(line, file=sys.stderr, flush=True)
