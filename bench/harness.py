"""How a figure is measured.

Each side (ours, core without us) is a process of its own with its registry loaded, on a database of its own.
Samples are taken in turns, ABBA, so that what else the machine does hits both alike; the ratio is taken per pair,
its median is the figure, and a bootstrap tells how far it can be trusted. Every sample is rolled back, so that all
see the same database. Core against core (A/A) in the same run shows what the method itself adds.
"""

import json
import os
import random
import statistics
import subprocess
from dataclasses import dataclass, field

from dealer_cli import databases
from dealer_cli.console import Stop
from dealer_cli.layout import LOGS, PYTHON, ROOT, VAR

PAIRS = 15
WARM_UP = 2  # samples of each side that are not counted: caches fill
RESAMPLES = 2000
RAW = VAR / "bench"


@dataclass
class Figure:
    """One line of the table.

    :ivar ours: median of our samples, in ``unit``
    :ivar ratio: median of the ratios per pair
    :ivar bound: the highest ratio that is good enough; None for a figure that is only shown
    """

    job: str
    name: str
    unit: str
    ours: float
    peer: float
    ratio: float
    bound: float | None
    spread: tuple = field(default=())

    @property
    def is_short(self):
        """Return whether the figure misses its bound."""
        return self.bound is not None and self.ratio > self.bound

    def line(self):
        """Return the figure as a line of the table."""
        spread = f"[{self.spread[0]:.2f}–{self.spread[1]:.2f}]" if self.spread else ""
        bound = "     –" if self.bound is None else f"{self.bound:6.2f}"
        verdict = "" if self.bound is None else "short" if self.is_short else "ok"
        return (
            f"{self.job:<4}{self.name:<46}{self.ours:>11.3f} {self.peer:>11.3f} {self.unit:<8}"
            f"{self.ratio:>7.2f} {spread:<13} {bound}  {verdict}"
        )


HEAD = f"{'job':<4}{'figure':<46}{'ours':>11} {'peer':>11} {'':<8}{'ratio':>7} {'95 %':<13} {'bound':>6}"


class Worker:
    """A process with one side's registry loaded, which takes a sample when told to."""

    def __init__(self, database, job, side):
        self.log = (LOGS / f"bench-{job}-{side}.log").open("w")
        self.process = subprocess.Popen(
            [str(PYTHON), "-m", "bench.worker", database, job, side],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )

    def sample(self):
        """Return one sample: queries, cpu (s, ours and the database's), wall (s)."""
        self.process.stdin.write("sample\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Stop(f"A side of the benchmark ended. Log: {self.log.name}")
        return json.loads(line)

    def end(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait(30)
        self.log.close()


def duel(job, sides, pairs=PAIRS):
    """Take samples of two sides in turns and return them as two lists of dicts.

    :param str job: module name under ``bench``
    :param list sides: two of (side's name, prepared database); a side works on a copy of its database
    """
    copies, workers = [], []
    try:
        for number, (side, source) in enumerate(sides):
            copy = f"bench_{os.getpid()}_{number}"
            databases.clone(source, copy)
            copies.append(copy)
            workers.append(Worker(copy, job, side))
        for worker in workers * WARM_UP:
            worker.sample()
        samples = ([], [])
        for pair in range(pairs):
            for number in (0, 1) if pair % 2 == 0 else (1, 0):
                samples[number].append(workers[number].sample())
        return samples
    finally:
        for worker in workers:
            worker.end()
        for copy in copies:
            databases.drop(copy)


def compare(job, name, unit, key, samples, bound, file=""):
    """Return the :class:`Figure` of one measure of a duel.

    :param str key: of the samples
    :param str file: name for the raw figures, the key's when empty
    """
    ours, peer = ([sample[key] for sample in side] for side in samples)
    ratios = [one / other for one, other in zip(ours, peer)]
    RAW.mkdir(exist_ok=True)
    (RAW / f"{job}-{file or key}.json").write_text(json.dumps({"ours": ours, "peer": peer}))
    return Figure(
        job,
        name,
        unit,
        statistics.median(ours),
        statistics.median(peer),
        statistics.median(ratios),
        bound,
        bootstrap(ratios),
    )


def bootstrap(values):
    """Return the 95 % interval of the median, resampled with a fixed seed."""
    source = random.Random(19)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _n in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975)]


def machine():
    """Return a line on the machine's state, to be printed beside the figures."""
    with open("/proc/stat") as stream:
        numbers = [int(word) for word in stream.readline().split()[1:]]
    steal = 100 * numbers[7] / sum(numbers)
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {steal:.1f} % stolen since boot"
