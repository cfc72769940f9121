"""Ways of doing the same that take turns: what the benchmarks in a shell share.

Each begins with an empty record cache in every round, and they take turns, so that a
busy moment of the machine meets all of them. What a round writes is rolled back, so a
commit is in no figure. Ratios are shown of the medians and of the best rounds; the
second is judged, because other programs can only slow a round down.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Contender:
    """One way: what it ran, how many it did, and how fast it was."""

    name: str
    count: int
    run: Callable[[], object]
    rates: list[float] = field(default_factory=list)
    queries: int = 0

    @property
    def middle(self) -> float:
        """How many a second, usually."""
        return statistics.median(self.rates)


def compete(env: Any, contenders: Sequence[Contender], rounds: int) -> None:
    """Let each warm up, then let them take turns, and print the table."""
    for contender in contenders:
        measure(env, contender)
        contender.rates.clear()
    for _round in range(rounds):
        for contender in contenders:
            measure(env, contender)
    print_rates(contenders)


def measure(env: Any, contender: Contender) -> None:
    """Run once, from an empty record cache; leave nothing behind."""
    env.invalidate_all()
    gc.collect()
    queries, begun = env.cr.sql_log_count, time.perf_counter()
    contender.run()
    taken = time.perf_counter() - begun
    contender.queries = env.cr.sql_log_count - queries
    contender.rates.append(contender.count / taken)
    env.cr.rollback()


def print_rates(contenders: Sequence[Contender]) -> None:
    """The table: what all of them take, what one takes, and what it asks the
    database."""
    print(
        f"\n{'':28}{'N':>8}{'s in all':>10}{'ms each':>9}{'a second':>10}"
        f"  {'min - max':18}{'SQL in all':>11}{'SQL each':>10}"
    )
    for contender in contenders:
        rate, count = contender.middle, contender.count
        spread = f"{min(contender.rates):.1f} - {max(contender.rates):.1f}"
        print(
            f"{contender.name:28}{count:8}{count / rate:10.2f}{1000 / rate:9.2f}"
            f"{rate:10.1f}  {spread:18}{contender.queries:11}"
            f"{contender.queries / count:10.2f}",
            flush=True,
        )


def judge(
    contenders: Sequence[Contender], ours: str, aims: Mapping[str, tuple[float, float]]
) -> bool:
    """Print how our way compares with others.

    :param ours: its name
    :param aims: the other's name → what is aimed at, and what is a regression
    :return: whether one is a regression
    """
    failed = False
    by_name = {contender.name: contender for contender in contenders}
    own = by_name[ours]
    print(f"\n{'ours / ...':28}{'medians':>9}{'best':>7}{'aim':>7}{'limit':>7}")
    for name, (aim, limit) in aims.items():
        if name not in by_name:
            print(f"{name:28}{'-':>9}{'-':>7}{aim:7}{limit:7}  not installed")
            continue
        other = by_name[name]
        best = max(own.rates) / max(other.rates)
        verdict = "reached" if best >= aim else "below the aim"
        if best < limit:
            failed, verdict = True, "FAILED"
        print(
            f"{name:28}{own.middle / other.middle:9.3g}{best:7.3g}{aim:7}{limit:7}"
            f"  {verdict}"
        )
    sys.stdout.flush()
    return failed


def grows(few: Contender, many: Contender, most: float) -> bool:
    """Print how much one among many takes beside one among few, in the best rounds;
    whether that is more than so much."""
    longer = max(few.rates) / max(many.rates)
    queries = (many.queries / many.count) / (few.queries / few.count)
    print(
        f"one among {many.count} beside one among {few.count}: {longer:.2f} of the "
        f"time, {queries:.2f} of the queries"
    )
    if max(longer, queries) > most:
        print(f"FAILED: more than {most}")
        return True
    return False
