"""`python -m dialog_graph`: the command line without the installed script."""

from dialog_graph.cli import main

if __name__ == "__main__":
    main()
