"""Write the vectors of emission (shares, terms, split, dividends) from the scenarios in tests/economy/scenarios.py."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.economy.scenarios import KINDS, vectors  # noqa: E402

if __name__ == "__main__":
    for kind in KINDS:
        target = ROOT / "datasets" / "vectors" / f"{kind}.json"
        data = {"format": "tao-lab/vectors/1", "kind": kind, "vectors": vectors(kind)}
        target.write_text(json.dumps(data, separators=(",", ":")) + "\n")
        print(f"{target.relative_to(ROOT)}: {len(data['vectors'])} vectors, {target.stat().st_size:,} bytes")
