"""False alarms and power of KPIs on made-up traffic: the default budget of one false alarm a month.

    .venv/bin/python bench/kpi.py [--seeds N]

Each run has 118 days of hours, of which 28 are learnt; the fault is a click-through rate that falls
by 15 % under daily and weekly season, watched downwards.
"""

import argparse

import numpy as np
from kpi_traffic import Traffic, series

from tocsin.detect.kpi import Test, watch
from tocsin.ingest.kpi import DAY_S, Kpi, KpiKind, Way

LEARN_DAYS, FAULT_DAY, SEEN_DAYS = 28, 49, 28
HEALTHY = {
    "rate, 500 a day": Traffic(KpiKind.RATE, 500),
    "rate, 5,000 a day": Traffic(KpiKind.RATE),
    "rate, 50,000 a day, overdispersed (rho 0.002)": Traffic(KpiKind.RATE, 50_000, rho=0.002),
    "rate, wobble 10 %, memory 0.8": Traffic(KpiKind.RATE, 50_000, memory=0.8, wobble=0.1),
    "rate, wobble 5 %, memory 0.95": Traffic(KpiKind.RATE, memory=0.95, wobble=0.05),
    "rate, trend 0.3 % a day": Traffic(KpiKind.RATE, trend=0.003),
    "sum, 5,000 a day": Traffic(KpiKind.SUM),
    "sum, wobble 10 %, memory 0.8": Traffic(KpiKind.SUM, 50_000, memory=0.8, wobble=0.1),
    "sum, trend 0.5 % a day": Traffic(KpiKind.SUM, trend=0.005),
    "mean, wobble, memory 0.8": Traffic(KpiKind.MEAN, memory=0.8, wobble=0.2),
    "mean, trend 0.3 % a day": Traffic(KpiKind.MEAN, trend=0.003),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=4)
    seeds = range(parser.parse_args().seeds)
    print("false alarms a month, smallest change of interest 0 (sudden, sustained, long run: all)")
    for name, traffic in HEALTHY.items():
        kpi = Kpi(name="kpi", kind=traffic.kind, least=0.0, learn_s=LEARN_DAYS * DAY_S)
        said = [
            test for seed in seeds for _, test in watch(kpi, series(traffic, seed), 1.0).raised()
        ]
        months = len(seeds) * (traffic.days - LEARN_DAYS) / 30
        parts = ", ".join(f"{said.count(test) / months:.2f}" for test in Test)
        print(f"  {name:48s} {parts}: {len(said) / months:.2f}")
    print("click-through rate -15 %: share detected in 28 days, median and slowest delay")
    kpi = Kpi(name="ctr", kind=KpiKind.RATE, watch=Way.DOWN, learn_s=LEARN_DAYS * DAY_S)
    for per_day in (500, 5000, 50_000):
        traffic = Traffic(KpiKind.RATE, per_day, days=FAULT_DAY + SEEN_DAYS, faulty_from=FAULT_DAY)
        delays: list[float] = []
        for seed in seeds:
            watched = watch(kpi, series(traffic, 1000 + seed), 1.0)
            start_s = watched.series.start_s
            ages = [(start_s[p] + kpi.every_s - start_s[0]) / DAY_S for p, _ in watched.raised()]
            delays.append(min((a - FAULT_DAY for a in ages if a > FAULT_DAY), default=np.inf))
        found = float(np.mean(np.isfinite(delays)))
        middle = f"{np.median(delays):.1f} d, {max(delays):.1f} d"
        print(f"  {per_day:6,d} rows a day: {found:.2f}, {middle}")


if __name__ == "__main__":
    main()
