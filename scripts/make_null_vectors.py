"""Write datasets/vectors/null_epoch.json from the scenarios in tests/consensus/null_scenarios.py."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.consensus.null_scenarios import vectors  # noqa: E402

if __name__ == "__main__":
    target = ROOT / "datasets" / "vectors" / "null_epoch.json"
    document = {"format": "tao-lab/vectors/1", "kind": "null_epoch", "vectors": vectors()}
    target.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{target}: {len(document['vectors'])} vectors")
