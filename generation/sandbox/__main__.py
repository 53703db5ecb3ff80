"""`python -m generation.sandbox`."""

from __future__ import annotations

import argparse

from generation.sandbox.server import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m generation.sandbox", description="A strict stand-in for Jimeng.")
    add_arguments(parser)
    run(parser.parse_args())
