"""A height for every box of a scene, so that its edges run as level as they can.

The second step of the layered layout. A layer is a column of the picture; `layers` has said in
which order its boxes stand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise

from .layers import TITLE, Grid, patience

__all__ = ["heights"]

FRAME_WEIGHT = 4.0  # how much it matters that frames stay where they are

Pull = tuple[int, float, float]


def heights(grid: Grid) -> list[float]:
    """Find a height for the middle of every item."""
    middles = _place(grid)
    if grid.contents:
        _separate(grid, middles)
    _straighten(grid, middles)
    _fit_frames(grid, middles)
    return middles


def _distance(grid: Grid, upper: int, lower: int) -> float:
    """Give the least distance between the middles of neighbours in a column."""
    gap = grid.gap if upper < grid.boxes and lower < grid.boxes else grid.gap / 2
    return (grid.heights[upper] + grid.heights[lower]) / 2 + gap


def _place(grid: Grid) -> list[float]:
    """Find a height for the middle of every item that makes its links as level as possible."""
    middles = [0.0] * len(grid.heights)
    # What draws each item to its height, first from the right alone: who, how far off, how much.
    ahead = [[(k.right, k.port, k.weight) for k in links if k.weight] for links in grid.outgoing]
    around = [
        [*pulls, *((k.left, -k.port, k.weight) for k in links if k.weight)]
        for pulls, links in zip(ahead, grid.incoming, strict=True)
    ]
    for item, links in enumerate(zip(grid.incoming, grid.outgoing, strict=True)):
        if not any(links):  # the frame of a cluster, which stays, or what nothing leads to
            ahead[item] = around[item] = [(item, 0.0, FRAME_WEIGHT)]
    columns: list[list[tuple[int, float]]] = []  # items, how far they are below the first at least
    for items in grid.columns:
        distances = (_distance(grid, *pair) for pair in pairwise(items))
        columns.append([*zip(items, accumulate(distances, initial=0.0), strict=bool(items))])

    def settle(column: Sequence[tuple[int, float]], pulls: Sequence[Sequence[Pull]]) -> None:
        """Move the items of a column to where they are drawn, as near as the others let them.

        This is isotonic regression by pooling adjacent violators: as long as a block of items is
        to lie below the one before it, the two become one block at their mean.
        """
        blocks: list[tuple[float, float, int]] = []  # mean, weight, length
        for item, offset in column:
            total = weight = 1e-9
            for other, shift, much in pulls[item]:
                total += much * (middles[other] + shift)
                weight += much
            mean, length = total / weight - offset, 1
            while blocks and blocks[-1][0] > mean:
                above, above_weight, above_length = blocks.pop()
                mean = (mean * weight + above * above_weight) / (weight + above_weight)
                weight += above_weight
                length += above_length
            blocks.append((mean, weight, length))
        start = 0
        for mean, _, length in blocks:
            for item, offset in column[start : start + length]:
                middles[item] = mean + offset
            start += length

    for column in reversed(columns):
        settle(column, ahead)
    _fit_frames(grid, middles)
    for _ in range(patience(grid, 2, 20)):
        before = middles[:]
        for column in (*columns, *reversed(columns)):
            settle(column, around)
        _fit_frames(grid, middles)
        if all(abs(new - old) < 0.02 for new, old in zip(middles, before, strict=True)):
            break
    return [float(round(middle)) for middle in middles]  # as whole as the distances


def _fit_frames(grid: Grid, middles: list[float]) -> None:
    """Move the top and the bottom of every cluster to its outermost contents."""
    heights = grid.heights
    for cluster, contents in reversed(list(enumerate(grid.contents))):
        upper, lower = grid.frame(cluster)
        top = min([middles[i] - heights[i] / 2 for i in contents])
        middles[upper] = top - (TITLE + grid.gap) / 2
        middles[lower] = max([middles[i] + heights[i] / 2 for i in contents]) + grid.gap / 2


def _separate(grid: Grid, middles: list[float]) -> None:
    """Push down whatever is too close below something else, until nothing is, in any column."""
    before = None
    while middles != before:
        before = middles[:]
        for upper, lower in chain.from_iterable(map(pairwise, grid.columns)):
            middles[lower] = max(middles[lower], middles[upper] + _distance(grid, upper, lower))


def _straighten(grid: Grid, middles: list[float]) -> None:
    """Level links that slope a little, and long edges as far as there is room."""
    above, below = {}, {}
    for column in grid.columns:
        for upper, lower in pairwise(column):
            above[lower], below[upper] = upper, lower

    def room(item: int) -> tuple[float, float]:
        lowest, highest = -math.inf, math.inf
        if (other := above.get(item)) is not None:
            lowest = middles[other] + _distance(grid, other, item)
        if (other := below.get(item)) is not None:
            highest = middles[other] - _distance(grid, item, other)
        return lowest, highest

    def onward(item: int) -> int | None:
        links = (k for k in grid.outgoing[item] if k.right >= grid.boxes and k.weight)
        return next((k.right for k in links), None)

    for column in reversed(grid.columns):
        for item in column:
            near = (k for k in grid.outgoing[item] if k.weight)
            slopes = (middles[k.right] + k.port - middles[item] for k in near)
            slope = min(slopes, key=abs, default=0)
            lowest, highest = room(item)
            if abs(slope) < grid.gap and lowest <= middles[item] + slope <= highest:
                middles[item] += slope
    for box in range(grid.boxes):
        here = onward(box)
        while here is not None:
            run, (lowest, highest) = [here], room(here)
            while (here := onward(here)) is not None:
                top, bottom = room(here)
                if max(lowest, top) > min(highest, bottom):
                    break
                run.append(here)
                lowest, highest = max(lowest, top), min(highest, bottom)
            ends = [middles[grid.incoming[run[0]][0].left]]
            ends += [middles[k.right] + k.port for k in grid.outgoing[run[-1]][:1] if k.weight]
            places = [(min(max(end, lowest), highest), end) for end in ends]
            for dummy in run:
                middles[dummy] = min(places, key=lambda pair: abs(pair[0] - pair[1]))[0]
