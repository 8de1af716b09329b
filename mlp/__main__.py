"""``python -m mlp``: the same as the command ``mlp``."""

import sys

from .cli import main

sys.exit(main())
