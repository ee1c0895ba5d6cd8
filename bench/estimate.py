"""How near estimates of performance come to what outcomes show, beside NannyML's.

    python bench/estimate.py [--work DIR]

The data are those inside the `nannyml` wheel, with scores and outcomes: employment in a census
(68,785 rows of reference, 208,892 later ones) and synthetic car loans (50,000 and 50,000, half of
them with broken inputs).  The later rows are cut into chunks as they come and, of the census, drawn
anew with strong covariate shift.  Both tools get the same reference with outcomes and the same
chunks without.  NannyML runs in an environment of its own, made here; where it cannot be installed
nothing is measured and the reason is printed.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.detect.finding import Finding

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = ("nannyml==0.13.1", "statsmodels", "pandas<3", "pyarrow")
CENSUS = "AGEP SCHL RELP DIS ESP CIT MIG MIL ANC NATIVITY DEAR DEYE DREM RAC1P"
"""The inputs; the year is not one, which never comes back."""
LATER = timedelta(days=36500)

THEIRS = """
import importlib.util, json, sys, warnings
from pathlib import Path
import numpy as np
import pandas as pd
warnings.filterwarnings("ignore")
import logging; logging.disable(logging.CRITICAL)
from sklearn.metrics import roc_auc_score
import nannyml
home = Path(importlib.util.find_spec("nannyml").submodule_search_locations[0]) / "datasets" / "data"
out = Path(sys.argv[1])
rng = np.random.default_rng(20261126)

def plain(frame):
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype(str)
    return frame

def employment():
    reference = plain(pd.read_parquet(home / "employment_MA_reference.pq"))
    later = plain(pd.read_parquet(home / "employment_MA_analysis.pq"))
    later = later.merge(pd.read_parquet(home / "employment_MA_analysis_target.pq"), on="id")
    for frame in (reference, later):
        bands = np.digitize(frame.AGEP, [18, 25, 35, 45, 55, 65])
        frame["age_band"] = [f"band {band}" for band in bands]
    names = {"prediction": "answer", "predicted_probability": "score", "employed": "outcome"}
    return reference.rename(columns=names), later.rename(columns=names)

def loans():
    names = {"y_pred": "answer", "y_pred_proba": "score", "repaid": "outcome"}
    reference = pd.read_csv(home / "synthetic_car_loan_reference.csv")
    later = pd.read_csv(home / "synthetic_car_loan_analysis.csv")
    target = pd.read_csv(home / "synthetic_car_loan_analysis_target.csv")
    later = later.merge(target, on="id")
    return reference.rename(columns=names), later.rename(columns=names)

def in_turn(later, size):
    return [later.iloc[k * size : (k + 1) * size] for k in range(len(later) // size)]

def shifted(later, columns, strength, chunks=24, size=10000):
    found = []
    z = np.stack([later[c].astype(float) for c in columns], 1)
    z = (z - z.mean(0)) / z.std(0)
    for _ in range(chunks):
        weight = np.exp(np.clip(z @ rng.normal(0, strength, len(columns)), -4, 4))
        rows = rng.choice(len(later), size, replace=False, p=weight / weight.sum())
        found.append(later.iloc[rows])
    return found

def write(name, reference, chunks):
    folder = out / name
    folder.mkdir(parents=True)
    reference.to_parquet(folder / "reference.parquet", index=False)
    size = len(chunks[0])
    method = nannyml.CBPE(
        y_pred_proba="score", y_pred="answer", y_true="outcome",
        problem_type="classification_binary", metrics=["accuracy", "roc_auc"], chunk_size=size,
    )
    method.fit(reference)
    whole = pd.concat(chunks, ignore_index=True)
    told = method.estimate(whole.drop(columns="outcome")).filter(period="analysis").to_df()
    said = []
    for k, chunk in enumerate(chunks):
        chunk.drop(columns="outcome").to_parquet(folder / f"chunk-{k:03d}.parquet", index=False)
        said.append({
            "shown": {"accuracy": float((chunk.answer == chunk.outcome).mean()),
                      "auc": float(roc_auc_score(chunk.outcome, chunk.score))},
            "theirs": {"accuracy": float(told[("accuracy", "value")].iloc[k]),
                       "auc": float(told[("roc_auc", "value")].iloc[k])},
        })
    (folder / "said.json").write_text(json.dumps(said))

reference, later = employment()
write("census, age shifted, 10,000", reference, shifted(later, ["AGEP"], 1.2))
mixed = ["AGEP", "SCHL", "SEX", "MAR", "DIS"]
write("census, five features shifted, 10,000", reference, shifted(later, mixed, 0.8))
write("census, as it came, 2,000", reference, in_turn(later, 2000))
reference, later = loans()
write("car loans, as they came, 5,000", reference, in_turn(later, 5000))
"""


def main() -> None:
    """Make the chunks, estimate them twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.work or Path(made)
        reason = theirs(folder)
        if reason:
            print(f"left out: {reason}")
            return
        print("| chunks | measure | constant | NannyML | Tocsin | held (95 %) | claimed |")
        print("|---|---|---|---|---|---|---|")
        for one in sorted((folder / "chunks").iterdir()):
            compare(one)


def theirs(folder: Path) -> str:
    """Let NannyML estimate; return why it cannot, or nothing."""
    home, uv = folder / "peers", ROOT / ".tools" / "bin" / "uv"
    python = home / "bin" / "python"
    if (folder / "chunks").exists():
        return ""
    steps = [
        [uv, "venv", "--quiet", "--python", sys.executable, home],
        [uv, "pip", "install", "--quiet", "--python", python, *PEERS],
        [python, "-c", THEIRS, folder / "chunks"],
    ]
    for step in steps if not python.exists() else steps[1:]:
        try:
            subprocess.run(step, check=True, capture_output=True, text=True, timeout=1800)
        except subprocess.CalledProcessError as error:
            return f"NannyML: {(error.stderr or 'no reason given').strip().splitlines()[-1]}"
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"NannyML: {error}"
    return ""


def compare(folder: Path) -> None:
    """Print mean absolute errors over the chunks of one folder."""
    from tocsin.detect.baseline import Baseline  # noqa: PLC0415 - heavy
    from tocsin.detect.budget import Budget  # noqa: PLC0415 - heavy
    from tocsin.detect.evaluate import evaluate  # noqa: PLC0415 - heavy
    from tocsin.ingest.system import Columns, System  # noqa: PLC0415 - heavy
    from tocsin.ingest.tabular import from_table  # noqa: PLC0415 - heavy
    from tocsin.lake.files import read_table  # noqa: PLC0415 - heavy
    from tocsin.profile.blocks import blocks  # noqa: PLC0415 - heavy
    from tocsin.profile.learn import learn  # noqa: PLC0415 - heavy
    from tocsin.profile.window import add  # noqa: PLC0415 - heavy

    census = folder.name.startswith("census")
    system = System(
        name="bench",
        columns=Columns(
            id="id",
            time=None if census else "timestamp",
            score="score",
            prediction="answer",
            label="outcome",
        ),
        features=tuple(CENSUS.split()) if census else (),
        threshold=0.5 if census else 0.65,  # as the reference's answers say
        slices=("age_band", "MAR") if census else ("salary_range",),
        protected=("SEX",) if census else (),
    )
    reference = read_table(folder / "reference.parquet")
    spec = learn(reference, system)
    now = datetime.now(UTC) + LATER

    def rows(table: "pa.Table") -> "pa.Table":
        return from_table(table, spec.schema, system, now).table

    baseline = Baseline.of(blocks(rows(reference), spec))
    said = json.loads((folder / "said.json").read_text())
    for k, one in enumerate(said):
        chunk = rows(read_table(folder / f"chunk-{k:03d}.parquet"))
        window = add(blocks(chunk, spec, 1))
        found = evaluate(window, baseline, spec, system, Budget.of(1, 86400), now=None)
        one["ours"] = {
            f.measure.removeprefix("estimated_"): f
            for f in found
            if f.measure.startswith("estimated_") and not f.slice.conditions
        }
    for measure in ("accuracy", "auc"):
        _print(folder.name, measure, said)


def _print(name: str, measure: str, said: Sequence[Mapping[str, Any]]) -> None:
    claimed = [one for one in said if measure in one["ours"] and one["ours"][measure].value > 0]
    row = f"| {name} | {measure} |"
    if not claimed:
        print(f"{row} – | – | – | – | 0 of {len(said)} |")
        return
    shown = [one["shown"][measure] for one in claimed]
    ours = [one["ours"][measure] for one in claimed]
    errors = {
        "constant": [abs(f.baseline - x) for f, x in zip(ours, shown, strict=True)],
        "theirs": [abs(one["theirs"][measure] - one["shown"][measure]) for one in claimed],
        "ours": [abs(f.value - x) for f, x in zip(ours, shown, strict=True)],
    }
    held = [low <= x <= high for (low, high), x in zip(map(_range, ours), shown, strict=True)]
    figures = " | ".join(f"{statistics.mean(errors[k]):.4f}" for k in errors)
    print(f"{row} {figures} | {statistics.mean(held):.2f} | {len(claimed)} of {len(said)} |")


def _range(finding: "Finding") -> tuple[float, float]:
    """Return the range that a finding's sentence tells."""
    low, high, _ = re.findall(r"[\d.]+", finding.why[finding.why.index("(") :])[:3]
    scale = 100 if "%" in finding.why.split(" to ")[0] else 1
    return float(low) / scale, float(high) / scale


if __name__ == "__main__":
    main()
