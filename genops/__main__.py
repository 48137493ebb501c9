"""``python -m genops``: the command line where the ``genops`` script is not on the path."""

import sys

from genops.cli import main

sys.exit(main())
