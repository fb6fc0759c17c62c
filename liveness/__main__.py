"""``python -m liveness`` is the ``liveness`` command."""

from liveness.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
