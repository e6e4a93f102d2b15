"""Submissions that try to earn what they did not answer, or to harm the grader; and odd ones that are honest.

What `nbgrader autograde` 0.9.6 gave for them, with wrong answers or none at all, of 10 automatic points
(`measured.py` has it attack by attack; `test_attacks_defeat_nbgrader` tries some of them again):

==================================  ========================================================================
family                              measured
==================================  ========================================================================
hooks of the kernel                 5 to 10; showtraceback or excepthook alone 0; a trace function 2
forged outputs                      1 for one cell with partial credit, 2 for one function, 9 before each cell
patched builtins and libraries      1 to 4: what the patch reaches
objects that lie                    5 to 7 for objects that equal everything, 1 for a score() that says 1
answers that watch the test         2 (all that the tests of these answers give); hidden tests leak afterwards
modules beside the notebook         10 (numpy.py, pandas.py, a folder numpy/); 0 for json.py, sitecustomize.py
files for the next learner          the next learner gets 10 for an empty notebook (IPython's start-up folder)
reads what it may not               10 (solution by path or by link); hidden tests, keys, environment leak
writes what it may not              990 (manual scores in the gradebook); a lock held ends the run
links and special files             a system file is copied into autograded/
ends the process                    no grade
does not end                        0; no grade if the loop ignores interrupts
takes too much                      2 GB are taken, 200 MB of files kept; 100 MB of output: no grade
outlives the submission             nothing stops it (here bubblewrap does)
speaks for the grader               no grade
metadata and tags                   10 for skip-execution; other schemas, ids and flags: no grade
copied, moved and retyped cells     no grade for a copy; deleted tests are never scored
kernels                             0 (the kernel is the instructor's already)
files that are no notebook          no grade
==================================  ========================================================================
"""

from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.files import FILE_ATTACKS
from tests.autograder.attacks.kernel import KERNEL
from tests.autograder.attacks.notebooks import NOTEBOOKS
from tests.autograder.attacks.objects import OBJECTS
from tests.autograder.attacks.odd import ODD, Odd
from tests.autograder.attacks.processes import PROCESSES

ATTACKS: list[Attack] = [*KERNEL, *OBJECTS, *FILE_ATTACKS, *PROCESSES, *NOTEBOOKS]

__all__ = ["ATTACKS", "ODD", "Attack", "Odd"]
