"""Make blank cells, checks, solutions and behaviours of the labs from their exercises: make_labs.py [LAB ...]."""

import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from tqdm import tqdm

from tao_lab.course import labs
from tao_lab.course.making import make


def main(numbers: list[str]) -> None:
    """Make some labs, or all of them."""
    wanted = numbers or [lab.number for lab in labs()]
    with ProcessPoolExecutor() as pool:
        running = {pool.submit(make, number): number for number in wanted}
        for done in tqdm(as_completed(running), total=len(running), unit="lab"):
            for file in done.result():
                tqdm.write(f"lab {running[done]}: wrote {file}")


if __name__ == "__main__":
    main(sys.argv[1:])
