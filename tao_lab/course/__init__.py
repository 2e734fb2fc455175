"""The course in the notebooks: exercises with checks and hints, predictions, claims, progress, solutions.

```python
from tao_lab.course import check
check("06.2", clip_and_trust)      # not started, right, or a hint about the mistake that was made
```
"""

from tao_lab.course import sealed
from tao_lab.course.api import check, claim, mine_or_ours, mine_or_reference, predict, progress, real_code
from tao_lab.course.journey import journey, pages
from tao_lab.course.solve import Lab, labs, solved_notebook
from tao_lab.course.terminal import terminal
from tao_lab.course.which_model import which_model

sealed.install()  # before a lab's exercises are imported

__all__ = [
    "Lab",
    "check",
    "claim",
    "journey",
    "labs",
    "mine_or_ours",
    "mine_or_reference",
    "pages",
    "predict",
    "progress",
    "real_code",
    "solved_notebook",
    "terminal",
    "which_model",
]
