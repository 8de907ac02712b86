"""`python -m netdsl` is the command line."""

from netdsl.cli.main import main

if __name__ == "__main__":
    main()
