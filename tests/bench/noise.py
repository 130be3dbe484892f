#!/usr/bin/env python3
"""How well Mien finds wrong labels, measured where the truth is known, beside what others do on the same networks.

    noise.py list
    noise.py run NAME --data FOLDER [--seeds 0,1,2] [--arms EAC,plain]

FOLDER holds fer2013.csv.xz and fer2013new.csv. `run` trains, flags and judges a data set for every arm and seed, through
the command line, and keeps one JSON file a cell in docs/results; what is there already is not done again, and a
training that was broken off goes on. `results.py table` writes docs/RESULTS.md from the cells. `mien` on the PATH or in MIEN.

  fer2013        FER2013's own labels, all Training rows, against FER+'s majority and strict votes
  uniform-10/-20/-30, confusion-20
                 FER+'s majority as the label, 12,000 Training rows (each class in its share), of which a share is flipped:
                 evenly, or as FER2013's labels are confused with the majority
Arms: EAC (attention consistency) and plain (lambda 0, as many epochs more as make equal CPU).

The truth is read by this judgement alone, after the flags are written: the project is imported without votes. Simulated
answers give the truth of those samples that were asked, and nothing else.
Needs numpy; cleanlab 2.9.0 for its rows.
"""
import argparse
import json
import pathlib
import random

import numpy as np

from fer2013 import SEVEN, auroc, mien, precision_at, rows_of, tensors
from results import CELLS, FER2013_CODES, ROOT, Faces, project_of, settings, trained

WORK = ROOT / "build" / "results" / "noise"
EPOCHS = 12
PLAIN_EPOCHS = 17  # one view a sample instead of two: equal CPU, measured by the cells' cpu_s
FOLDS = 3
ROWS = 12000
BOOTSTRAPS = 200
SITTINGS = 3  # simulated annotators, whose faces are drawn differently
ARMS = {"EAC": settings(epochs=EPOCHS), "plain": settings(epochs=PLAIN_EPOCHS, **{"lambda": 0})}


# ---------------------------------------------------------------------------------------------- data


def as_published(faces, _seed):
    """All rows with FER2013's labels; the truths are judged later."""
    strict = {n: t for n, t in enumerate(faces.strict) if t}
    majority = {n: t for n, t in enumerate(faces.majority) if t}
    return {number: None for number in range(len(faces.usage))}, {"majority": majority, "strict": strict}


def flipped(rate, confused):
    def data(faces, seed):
        generator = random.Random(seed)
        known = [row for row in faces.training if faces.majority[row]]
        chosen = faces.stratified(known, ROWS, generator)
        truth = {row: faces.majority[row] for row in chosen}
        labels = dict(truth)
        confusions = published_confusions(faces) if confused else None
        for row in generator.sample(sorted(labels), round(rate * len(labels))):
            others = [name for name in SEVEN if name != truth[row]]
            weights = [confusions[truth[row]][name] for name in others] if confused else None
            labels[row] = generator.choices(others, weights)[0]
        return labels, {"planted": truth}
    return data


def published_confusions(faces):
    """How often FER2013 calls a face of each majority class something else."""
    counts = {truth: {given: 0 for given in SEVEN} for truth in SEVEN}
    for number, row in faces.rows():
        truth = faces.majority[number]
        if faces.usage[number] == "Training" and truth:
            counts[truth][FER2013_CODES[int(row["emotion"])]] += 1
    return counts


SETS = {"fer2013": as_published, "uniform-10": flipped(0.1, False), "uniform-20": flipped(0.2, False),
        "uniform-30": flipped(0.3, False), "confusion-20": flipped(0.2, True)}


# ---------------------------------------------------------------------------------------------- judgement


def bootstrap(score, wrong, generator):
    """95 % of the AUROCs of resampled faces."""
    found = []
    for _ in range(BOOTSTRAPS):
        rows = generator.integers(0, len(score), len(score))
        found.append(auroc(score[rows], wrong[rows]))
    return [round(float(x), 4) for x in np.percentile(found, [2.5, 97.5])]


def calibration_error(probability, wrong, bins=15):
    at = np.clip((probability * bins).astype(int), 0, bins - 1)
    return float(sum((at == b).mean() * abs(probability[at == b].mean() - wrong[at == b].mean()) for b in range(bins) if (at == b).any()))


def scores_of(project, run, listed):
    """Every score as "higher is more suspicious", for the listed samples."""
    found, metadata = tensors(project / "runs" / run / "scores.safetensors")
    classes = json.loads(metadata["classes"])
    place = {s: i for i, s in enumerate(found["sample"].tolist())}
    at = np.array([place[r["id"]] for r in listed])
    y = np.array([classes.index(r["given"]) for r in listed])
    here = np.arange(len(at))
    scores = {name: np.array([r[name] for r in listed], float)
              for name in ("suspicion", "eac_noise", "eac_inconsistency", "arbex_noise", "cl_noise")}
    scores["1 - arbex_confidence"] = 1 - np.array([r["arbex_confidence"] for r in listed], float)
    scores["loss in sample"] = -np.log(np.maximum(found["in_sample"][at][here, y].astype(float), 1e-12))
    scores["loss out of fold"] = -np.log(np.maximum(found["probabilities"][at][here, y].astype(float), 1e-12))
    scores["neighbours' vote"] = 1 - found["neighbours"][at][here, y].astype(float)
    scores["random"] = np.random.default_rng(0).random(len(at))
    p = found["probabilities"][at].astype(np.float64)
    p /= p.sum(1, keepdims=True)
    from cleanlab.rank import get_label_quality_scores
    for method in ("self_confidence", "normalized_margin", "confidence_weighted_entropy"):
        scores["cleanlab " + method] = 1 - get_label_quality_scores(y, p, method=method)
        if method != "confidence_weighted_entropy":
            scores[f"cleanlab {method}, adjusted"] = 1 - get_label_quality_scores(y, p, method=method, adjust_pred_probs=True)
    return scores


def judged(listed, row_of, truth, scores, with_interval):
    known = np.array([row_of[r["id"]] in truth for r in listed])
    wrong = np.array([truth.get(row_of[r["id"]]) != r["given"] for r in listed])[known]
    generator = np.random.default_rng(0)
    figures = {}
    for name, score in scores.items():
        s = score[known]
        figures[name] = {"auroc": round(float(auroc(s, wrong)), 4), "precision_1000": round(float(precision_at(s, wrong, 1000)), 4),
                         "precision_at_wrong": round(float(precision_at(s, wrong, int(wrong.sum()))), 4)}
        if with_interval and name != "random":
            figures[name]["auroc_95"] = bootstrap(s, wrong, generator)
    return {"wrong": round(float(wrong.mean()), 4), "judged": int(known.sum()), "scores": figures,
            "calibration_error": round(calibration_error(scores["suspicion"][known], wrong), 4),
            "expected_wrong": round(float(scores["suspicion"][known].mean()), 4)}


def flags_of(project, row_of, training):
    return [{**r, "given": r.get("given") or r["label"]} for r in rows_of("flags", "-p", project) if row_of[r["id"]] in training]


def after_answers(project, run, row_of, truth, training, seed):
    """What suspicion is worth on the rest, after a simulated annotator: a quarter of the faces by chance, the others from
    the top. Every label that was given is withdrawn at the end."""
    generator = random.Random(seed)
    answered, edits, figures = set(), 0, {}
    for goal in (300, 1000):
        ranked = [r for r in flags_of(project, row_of, training) if r["id"] not in answered]
        want = goal - len(answered)
        chosen = {r["id"]: r for r in generator.sample(ranked, want // 4)}
        for r in ranked:
            if len(chosen) == want:
                break
            chosen.setdefault(r["id"], r)
        groups = {}
        for r in chosen.values():
            answered.add(r["id"])
            if row_of[r["id"]] in truth:  # elsewhere the voters could not agree: skipped
                groups.setdefault(truth[row_of[r["id"]]], []).append(r["id"])
        for answer, ids in groups.items():
            listing = pathlib.Path(project) / "answers.txt"
            listing.write_text("".join(f"{i}\n" for i in ids))
            mien("label", "-p", project, "--samples", listing, "--class", answer, "--by", "truth")
            listing.unlink()
            edits += 1
        mien("flag", "-p", project, "--run", run)
        rest = [r for r in flags_of(project, row_of, training) if r["id"] not in answered]
        scores = {"suspicion": np.array([r["suspicion"] for r in rest], float)}
        seen = judged(rest, row_of, truth, scores, False)
        figures[str(goal)] = {**seen["scores"]["suspicion"], "calibration_error": seen["calibration_error"],
                              "expected_wrong": seen["expected_wrong"], "wrong": seen["wrong"]}
    for _ in range(edits):
        mien("undo", "-p", project)
    mien("flag", "-p", project, "--run", run)
    return figures


def cell_of(faces, name, arm, seed):
    labels, truths = SETS[name](faces, seed)
    folder = WORK / name / f"{arm}-seed{seed}" if name == "fer2013" else WORK / name / f"seed{seed}"
    project, row_of = project_of(folder, faces, labels)
    run, result = trained(project, arm, ["--network", "eac-compact", "--folds", FOLDS, "--seed", seed, *ARMS[arm]])
    flagged = mien("flag", "-p", project, "--run", run)
    training = {row for row in labels if faces.usage[row] == "Training"}
    listed = flags_of(project, row_of, training)
    scores = scores_of(project, run, listed)
    cell = {"cpu_s": result["cpu_s"], "epochs": result["epochs"], "folds": FOLDS, "way": flagged["way"],
            "truths": {truth: judged(listed, row_of, answers, scores, name == "fer2013" and seed == 0) for truth, answers in truths.items()}}
    first = next(iter(truths))
    sittings = [after_answers(project, run, row_of, truths[first], training, 100 * seed + sitting) for sitting in range(SITTINGS)]
    cell["after_answers"] = {goal: {key: round(float(np.mean([s[goal][key] for s in sittings])), 4) for key in sittings[0][goal]}
                             for goal in sittings[0]}
    return cell


# ---------------------------------------------------------------------------------------------- commands


def cell_file(name, arm, seed):
    return CELLS / f"noise-{name}.{arm}.seed{seed}.json"


def run(args):
    faces = Faces(args.data)
    CELLS.mkdir(parents=True, exist_ok=True)
    for seed in map(int, args.seeds.split(",")):
        for arm in args.arms.split(","):
            file = cell_file(args.name, arm, seed)
            if not file.exists():
                file.write_text(json.dumps(cell_of(faces, args.name, arm, seed), indent=1, sort_keys=True) + "\n")
            for truth, seen in json.loads(file.read_text())["truths"].items():
                best = seen["scores"]["suspicion"]
                print(f"{args.name} {arm} seed {seed} {truth}: suspicion {best['auroc']} AUROC, {best['precision_1000']} at 1,000", flush=True)


def spread(values, digits=3):
    values = list(values)
    mean = sum(values) / len(values)
    text = f"{mean:.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table_lines():
    """What docs/RESULTS.md says of the cells that are there."""
    if not any(CELLS.glob("noise-*.json")):
        return []
    lines = [
        "", "# Finding wrong labels", "",
        "Made by `./dev bench noise --set NAME`; one file a cell in [results/](results/). Every score is of networks that did",
        f"not see the sample (eac-compact, {FOLDS} folds, {EPOCHS} epochs; plain: {PLAIN_EPOCHS} epochs of one view each), but for what says",
        "\"in sample\". AUROC, precision among the 1,000 most suspicious, and among as many as are wrong: mean and range over",
        "the seeds. cleanlab is 2.9.0 on the same averaged probabilities. The truth is read after the flags are written.",
    ]
    for name in SETS:
        for truth in (("majority", "strict") if name == "fer2013" else ("planted",)):
            arms = {arm: [json.loads(file.read_text()) for file in sorted(CELLS.glob(f"noise-{name}.{arm}.seed*.json"))] for arm in ARMS}
            arms = {arm: cells for arm, cells in arms.items() if cells}
            if not arms:
                continue
            first = next(iter(arms.values()))[0]["truths"][truth]
            lines += ["", f"## {name}" + (f", {truth}" if name == "fer2013" else ""), "",
                      f"{first['judged']:,} faces judged, {100 * first['wrong']:.1f} % of them wrong.", "",
                      "| arm | score | AUROC | at 1,000 | at as many as are wrong | seeds |", "| --- | --- | --- | --- | --- | --- |"]
            for arm, cells in arms.items():
                seen = [cell["truths"][truth]["scores"] for cell in cells]
                order = sorted(seen[0], key=lambda score: -np.mean([s[score]["auroc"] for s in seen]))
                for score in order:
                    interval = seen[0][score].get("auroc_95")
                    lines.append(f"| {arm} | {score} | {spread(s[score]['auroc'] for s in seen)}"
                                 + (f"; seed 0: {interval[0]:.3f} to {interval[1]:.3f}" if interval else "")
                                 + f" | {spread(s[score]['precision_1000'] for s in seen)} | {spread(s[score]['precision_at_wrong'] for s in seen)} | {len(seen)} |")
            for arm, cells in arms.items():
                lines += ["", f"{arm}: calibration error of suspicion {spread(c['truths'][truth]['calibration_error'] for c in cells)}, "
                          f"expected share of wrong labels {spread(c['truths'][truth]['expected_wrong'] for c in cells)}; "
                          f"CPU of training {spread((c['cpu_s'] / 60 for c in cells), 0)} min."]
                if truth != "strict":
                    for goal in ("300", "1000"):
                        after = [c["after_answers"][goal] for c in cells]
                        lines.append(f"After {int(goal):,} answers, on the rest: AUROC {spread(a['auroc'] for a in after)}, at 1,000 "
                                     f"{spread(a['precision_1000'] for a in after)}, calibration error {spread(a['calibration_error'] for a in after)}.")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list").set_defaults(command=lambda _: print("\n".join(SETS)))
    command = commands.add_parser("run")
    command.add_argument("name", choices=sorted(SETS))
    command.add_argument("--data", required=True)
    command.add_argument("--seeds", default="0,1,2")
    command.add_argument("--arms", default=",".join(ARMS))
    command.set_defaults(command=run)
    args = parser.parse_args()
    args.command(args)


if __name__ == "__main__":
    main()
