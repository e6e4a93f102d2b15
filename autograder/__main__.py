"""`python -m autograder` is `hrlab`, also where scripts are not on PATH."""

from autograder.cli import main

main()
