"""The page of claims: every verdict with its date, two comparisons, and the motives in numbers.

```python
from tao_lab.course.verdicts import board, verdict
board()        # all claims with their verdicts
verdict(7)     # one of them with its evidence
```
"""

from tao_lab.course.verdicts.cells import board, verdict
from tao_lab.course.verdicts.comparisons import company, ethereum
from tao_lab.course.verdicts.motives import energy, spread

__all__ = ["board", "company", "energy", "ethereum", "spread", "verdict"]
