#!/usr/bin/env python3
"""Makes what mote/learn's tests compare with: models of scikit-learn, XGBoost and LightGBM for the same small samples.

    tests/learn/make_vectors.py sklearn > tests/learn/sklearn.json
    tests/learn/make_vectors.py boosted tests/learn      (xgboost_*.json, lightgbm_*.txt, lightgbm_*.json, boosted.json)

The libraries are needed here alone, not by `make test`. The files were made with scikit-learn 1.2.1, XGBoost 3 and
LightGBM 4.
"""
import json
import random
import sys


def make_samples():
    """90 samples of 4 features in 3 classes, and a target; all of few digits."""
    rng = random.Random(5)
    x, labels, targets = [], [], []
    for i in range(90):
        label = i % 3
        a, b, c, d = (rng.gauss(0, 1) for _ in range(4))
        row = [1.2 * label + a, 10 + 5 * b - 3 * a, 0.1 * c + (0.2 if label == 2 else 0), 100 * d + 40 * a]
        x.append([round(v, 3) for v in row])
        labels.append(label)
        targets.append(round(2 * row[0] - 0.3 * row[1] + 4 * row[2] + rng.gauss(0, 0.1), 3))
    return x, labels, targets


def flat(array):
    return [float(f"{v:.9g}") for v in array.ravel()]


def sklearn_vectors():
    import numpy as np
    from sklearn.covariance import EmpiricalCovariance
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    rows, labels, targets = make_samples()
    x, y, t = np.array(rows), np.array(labels), np.array(targets)
    z = (x - x.mean(0)) / x.std(0)
    ridge = 0.01  # of train_linear_regression and train_logistic_regression
    logistic = LogisticRegression(C=1 / (ridge * len(x)), tol=1e-10, max_iter=10000).fit(z, y)
    binary = LogisticRegression(C=2 / (ridge * len(x)), tol=1e-10, max_iter=10000).fit(z, y > 0)
    # The same components as those that expectation-maximisation starts from do not exist; the optimum is one.
    mixture = GaussianMixture(2, random_state=0, n_init=10, tol=1e-12, max_iter=1000, reg_covar=1e-3).fit(z)
    pca = PCA(3).fit(z)
    return {
        "samples": flat(x), "labels": labels, "targets": targets,
        "ridge": flat(Ridge(alpha=ridge * len(x)).fit(z, t).predict(z)),
        "logistic": flat(logistic.predict_proba(z)),
        "logistic_binary": flat(binary.decision_function(z)),
        "pca_variance": flat(pca.explained_variance_ * (len(x) - 1) / len(x)),
        "pca": flat(np.abs(pca.transform(z))),
        "mahalanobis": flat(EmpiricalCovariance().fit(z).mahalanobis(z)),
        "mixture": float(mixture.score(z)),
        "nearest_5": KNeighborsClassifier(5).fit(z, y).predict(z).tolist(),
        "tree_depth_3": float(DecisionTreeClassifier(max_depth=3).fit(x, y).score(x, y)),
    }


def boosted_vectors(folder):
    import lightgbm
    import numpy as np
    import xgboost

    rows, labels, targets = make_samples()
    x, y = np.array(rows, dtype=np.float32), np.array(labels)
    found = {}
    # Base scores as mote begins with: half a sample more of each class, and the mean.
    base = ((y > 0).sum() + 0.5) / (len(y) + 1)
    for name, label, settings in (("binary", y > 0, {"objective": "binary:logistic", "base_score": base}),
                                  ("classes", y, {"objective": "multi:softprob", "num_class": 3, "base_score": 0.5}),
                                  ("regression", np.array(targets),
                                   {"objective": "reg:squarederror", "base_score": np.mean(targets)})):
        data = xgboost.DMatrix(x, label=label)
        # "exact" looks at every threshold, as mote's own training does.
        model = xgboost.train({"max_depth": 3, "eta": 0.3, "tree_method": "exact", "seed": 1, **settings}, data, 4)
        model.save_model(f"{folder}/xgboost_{name}.json")
        dump = [json.loads(tree) for tree in model.get_dump(dump_format="json")]
        with open(f"{folder}/xgboost_{name}_dump.json", "w") as f:
            json.dump(dump, f)
        found["xgboost_" + name] = flat(model.predict(data, output_margin=True))
    for name, label, settings in (("binary", y > 0, {"objective": "binary", "sigmoid": 2}),
                                  ("classes", y, {"objective": "multiclass", "num_class": 3}),
                                  ("forest", y > 0, {"objective": "binary", "boosting": "rf", "bagging_freq": 1,
                                                     "bagging_fraction": 0.7})):
        model = lightgbm.train({"num_leaves": 6, "min_data_in_leaf": 3, "verbose": -1, "seed": 1, **settings},
                               lightgbm.Dataset(x, label=label), 4)
        model.save_model(f"{folder}/lightgbm_{name}.txt")
        with open(f"{folder}/lightgbm_{name}.json", "w") as f:
            json.dump(model.dump_model(), f)
        margins = model.predict(x, raw_score=True) * settings.get("sigmoid", 1)
        if name == "forest":  # whose raw score is a sum, of which the mean counts
            p = model.predict(x)
            margins = np.log(p / (1 - p))
        found["lightgbm_" + name] = flat(margins)
    with open(f"{folder}/boosted.json", "w") as f:
        json.dump(found, f)


if sys.argv[1] == "sklearn":
    print(json.dumps(sklearn_vectors()))
else:
    boosted_vectors(sys.argv[2])
