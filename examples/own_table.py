"""A table of one's own: train on it, look at what came of it, predict for new rows, export.

    python examples/own_table.py [TABLE.csv TARGET]

Without a table it takes the irises that come along.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import glassnet as gn
from glassnet.models.exports import export
from glassnet.pipeline.evaluate import evaluate_samples


def main(data: str = "iris", target: str = "label") -> None:
    run = gn.train_table(data, target, max_epochs=200, single=True)
    print(run.explanation)

    # A fifth of the rows was held out of the training.
    if run.validation is not None:
        scores = evaluate_samples(run.model, run.validation).scores
        print({name: score for name, score in scores.items() if isinstance(score, float)})
    for diagnosis in gn.diagnose(run):
        print(diagnosis)

    # The recipe is part of the model: columns are found by name, in any order.
    predicted = gn.predict_table(run, data)
    for name, values in predicted.items():
        print(f"{name:24} {values[:5]}")

    with tempfile.TemporaryDirectory() as folder:
        run.save(Path(folder) / "run")
        again = gn.load(Path(folder) / "run")
        assert isinstance(again, gn.Run)
        (path,) = export(again.model, "python", Path(folder) / "model.py")
        print(f"{path.name} needs nothing but Python: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
