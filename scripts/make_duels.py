"""Makes datasets/attacks/duels.json: every attack at every strength, with its rule off and on, run on a chain.

Run: .venv/bin/python scripts/make_duels.py
"""

from tao_lab.simulate.duels import KEPT, every_fight

KEPT.parent.mkdir(parents=True, exist_ok=True)
found = every_fight()
KEPT.write_text(found.to_json(), encoding="utf-8")
print(f"{KEPT.name}: {len(found.fights)} fights")
