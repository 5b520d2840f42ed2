"""``python -m microdl`` is the command ``microdl``."""

import sys

from microdl.cli import main

sys.exit(main())
