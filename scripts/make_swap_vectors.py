"""Write the vectors of swaps from the scenarios in tests/economy/swap_scenarios.py."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.economy.swap_scenarios import vectors  # noqa: E402

if __name__ == "__main__":
    target = ROOT / "datasets" / "vectors" / "swap-subtensor-tests.json"
    data = {"format": "tao-lab/vectors/1", "kind": "swap", "vectors": vectors()}
    target.write_text(json.dumps(data, separators=(",", ":")) + "\n")
    print(f"{target.relative_to(ROOT)}: {len(data['vectors'])} vectors, {target.stat().st_size:,} bytes")
