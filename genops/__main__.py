"""``python -m genops``: the command line where the ``genops`` script is not on the path."""

from genops.cli import main

main()
