"""Opens the app: ``python app.py`` is ``liveness app``. A Hugging Face Space runs this file too."""

import sys

from liveness.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["app", *sys.argv[1:]]))
