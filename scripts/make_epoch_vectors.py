"""Write datasets/vectors/epoch-subtensor-tests.json from the scenarios in tests/consensus/scenarios.py."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "consensus"))

from scenarios import all_vectors  # noqa: E402

TARGET = ROOT / "datasets" / "vectors" / "epoch-subtensor-tests.json"

if __name__ == "__main__":
    data = {"format": "tao-lab/vectors/1", "kind": "epoch", "vectors": all_vectors()}
    TARGET.write_text(json.dumps(data, separators=(",", ":")) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(data['vectors'])} vectors, {TARGET.stat().st_size:,} bytes")
