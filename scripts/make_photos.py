"""Makes datasets/subnets/photos/*.jpg: public domain photographs of scikit-image 0.26.0, made small.

Run: pip install scikit-image==0.26.0 pillow && python scripts/make_photos.py
"""

from pathlib import Path

from PIL import Image
from skimage import data

OUT = Path(__file__).resolve().parent.parent / "datasets" / "subnets" / "photos"
LONGER_SIDE = 224

OUT.mkdir(parents=True, exist_ok=True)
for name in ("astronaut", "chelsea", "coffee", "rocket"):
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    image.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    image.save(OUT / f"{name}.jpg", quality=94, subsampling=0)
    print(f"{name}.jpg: {image.width} × {image.height}, {(OUT / f'{name}.jpg').stat().st_size:,} bytes")
