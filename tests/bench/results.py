#!/usr/bin/env python3
"""The tables of the five documents, as far as FER2013, FER+ and generated data allow: published figures beside Mien's.

    results.py list
    results.py run NAME --data FOLDER [--seeds 0,1,2]
    results.py table

`run` trains what a row compares, arm by arm and seed by seed, through the command line, and keeps one JSON file a cell
in docs/results; what is there already is not done again, and a training that was broken off goes on. `table` writes
docs/RESULTS.md from the cells. FOLDER holds fer2013.csv.xz and fer2013new.csv. `mien` on the PATH or in MIEN.

The votes make labels and judge; no training, score or choice sees them.
"""
import argparse
import csv
import json
import lzma
import pathlib
import random
import resource
import shutil
import subprocess

import numpy as np

from fer2013 import MIEN, SEVEN, mien, row_number, rows_of, rows_with_training_twin, tensors, truths

ROOT = pathlib.Path(__file__).resolve().parents[2]
CELLS = ROOT / "docs" / "results"
TABLE = ROOT / "docs" / "RESULTS.md"
WORK = ROOT / "build" / "results"
FER2013_CODES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]


# ---------------------------------------------------------------------------------------------- data


class Faces:
    """FER2013's rows with FER2013's labels and the truth of FER+'s majority."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "fer2013.csv.xz"
        truth = truths(pathlib.Path(folder) / "fer2013new.csv")
        self.majority = [t[0] for t in truth]
        self.strict = [t[1] for t in truth]
        self.usage = [t[2] for t in truth]
        twins = rows_with_training_twin(str(self.path))
        self.test = [n for n, usage in enumerate(self.usage) if usage == "PublicTest" and n not in twins]
        self.training = [n for n, usage in enumerate(self.usage) if usage == "Training"]

    def rows(self):
        with lzma.open(self.path, "rt", newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                yield number, row

    def write(self, path, labels):
        """A CSV in FER2013's layout of the rows in `labels` (row to class, None: FER2013's own label); returns the rows in order."""
        order = []
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["emotion", "pixels", "Usage"])
            for number, row in self.rows():
                if number in labels:
                    given = labels[number]
                    code = row["emotion"] if given is None else FER2013_CODES.index(given)
                    writer.writerow([code, row["pixels"], row["Usage"]])
                    order.append(number)
        return order

    def stratified(self, rows, count, generator):
        """`count` of the rows, each class in the share that it has among them."""
        by_class = {}
        for row in rows:
            by_class.setdefault(self.majority[row], []).append(row)
        chosen = []
        for name in sorted(by_class):
            members = by_class[name]
            chosen += generator.sample(members, round(count * len(members) / len(rows)))
        return chosen


def majority_with_flips(faces, seed, count, rate):
    """Training rows that have a majority, a share of them with another class drawn evenly; all test rows with theirs."""
    generator = random.Random(seed)
    known = [row for row in faces.training if faces.majority[row]]
    labels = {row: faces.majority[row] for row in faces.stratified(known, count, generator)}
    for row in generator.sample(sorted(labels), round(rate * len(labels))):
        labels[row] = generator.choice([name for name in SEVEN if name != faces.majority[row]])
    labels.update({row: faces.majority[row] for row in faces.test if faces.majority[row]})
    return labels, {row: faces.majority[row] for row in labels}


def published_labels(faces, seed, count):
    """FER2013 as it is, its own labels being the truth too; of the training rows `count`, or all for 0."""
    chosen = random.Random(seed).sample(faces.training, count) if count else faces.training
    labels = {row: None for row in chosen + faces.test}
    truth = {number: FER2013_CODES[int(row["emotion"])] for number, row in faces.rows() if number in labels}
    return labels, truth


# ---------------------------------------------------------------------------------------------- trainings


def project_of(folder, faces, labels):
    """A project of these rows; made once. Returns the row of FER2013 for each sample."""
    project = folder / "project"
    done = folder / "rows.json"
    if not done.exists():
        shutil.rmtree(project, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        table = folder / "faces.csv"
        order = faces.write(table, labels)
        mien("init", project)
        mien("import", table, "-p", project)
        table.unlink()
        done.write_text(json.dumps(order))
    order = json.loads(done.read_text())
    return project, {r["id"]: order[row_number(r["source"])] for r in rows_of("list", "-p", project, "--fields", "id,source")}


def trained(project, name, arguments):
    """The finished run called `name`; goes on with it if it was broken off. Returns (id, result event, CPU s)."""
    book = project / f"{name}.run.json"
    if book.exists():
        done = json.loads(book.read_text())
        return done["run"], done
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    unfinished = [r for r in runs_of(project) if r["state"] != "done"]
    # Pictures that are nearly equal on both sides stay: FER2013 is full of them, and the published figures include them.
    if unfinished:
        result = mien("train", "-p", project, "--resume", unfinished[-1]["run"])
    else:
        result = mien("train", "-p", project, "--allow-leaks", *arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result["cpu_s"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
    book.write_text(json.dumps(result))
    return result["run"], result


def runs_of(project):
    done = subprocess.run([MIEN, "runs", "list", "-p", project, "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return [row for row in map(json.loads, done.stdout.splitlines()) if "state" in row]


def accuracy_of(project, run, row_of, truth, test, scores="probabilities"):
    """Share of the test rows whose class of the greatest probability is the truth, and how many there are."""
    found, metadata = tensors(project / "runs" / run / "predictions.safetensors")
    classes = json.loads(metadata["classes"])
    test = set(test)
    right = total = 0
    for sample, p in zip(found["sample"].tolist(), found[scores]):
        row = row_of[sample]
        if row in test:
            total += 1
            right += classes[int(np.argmax(p))] == truth[row]
    return right / total, total


def settings(**values):
    return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]


class Classification:
    """A row whose arms are networks that train on the same faces and are judged by their accuracy on the test rows."""

    figure = "accuracy, %"

    def __init__(self, title, document, data, arms, published, reduced, note=""):
        self.title, self.document, self.data, self.arms = title, document, data, arms
        self.published, self.reduced, self.note = published, reduced, note

    def trained_arm(self, project, arm, seed):
        """(id, result event, CPU s of everything that was trained for it)"""
        run, result = trained(project, arm, [*self.arms[arm], "--seed", seed])
        return run, result, result["cpu_s"]

    def cell(self, faces, arm, seed, folder):
        labels, truth = self.data(faces, seed)
        project, row_of = project_of(folder / f"seed{seed}", faces, labels)
        run, result, cpu_s = self.trained_arm(project, arm, seed)
        share, count = accuracy_of(project, run, row_of, truth, [row for row in faces.test if row in labels])
        return {"figure": round(100 * share, 2), "test_rows": count, "samples": result["samples"],
                "epochs": result["epochs"], "cpu_s": cpu_s, "precision": result["precision"]}


class Pretraining(Classification):
    """As a classification; the arm "pretrained" first trains without labels and starts from that."""

    def __init__(self, pretraining, **rest):
        super().__init__(**rest)
        self.pretraining = pretraining

    def trained_arm(self, project, arm, seed):
        if arm != "pretrained":
            return super().trained_arm(project, arm, seed)
        first, before = trained(project, "pretraining", [*self.pretraining, "--seed", seed])
        weights = project / "runs" / first / "checkpoint.safetensors"
        run, result = trained(project, arm, [*self.arms[arm], "--initial", weights, "--seed", seed])
        return run, result, round(before["cpu_s"] + result["cpu_s"], 1)


class Drawn:
    """A row on generated faces. Arms are judged out of folds that part people; those in `mixed` on frames that were
    dealt at random, so that the same people are on both sides."""

    figure = "accuracy, %"

    def __init__(self, title, document, demo, arms, published, reduced, mixed=(), note=""):
        self.title, self.document, self.demo, self.arms, self.mixed = title, document, demo, arms, mixed
        self.published, self.reduced, self.note = published, reduced, note

    def cell(self, _faces, arm, seed, folder):
        is_mixed = arm in self.mixed
        folder = folder / ("mixed" if is_mixed else "apart")
        project = folder / "project"
        if not (folder / "ready").exists():
            shutil.rmtree(project, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            mien("demo", project, *self.demo)
            mien("extract", "-p", project, "--per-video", 62, "--margin", 0)
            if is_mixed:
                mien("split", "-p", project, "--by", "random", "--ratios", "70,0,30")
            (folder / "ready").touch()
        run, result = trained(project, f"{arm}-{seed}", [*self.arms[arm], "--folds", 1 if is_mixed else 3, "--seed", seed])
        found, _ = tensors(project / "runs" / run / "predictions.safetensors")
        # Of one network, those that it did not train on; of folds, every face by the network that did not see it.
        judged = (found["label"] >= 0) & ((found["fold"] < 0) if is_mixed else (found["fold"] >= 0))
        right = found["probabilities"][judged].argmax(1) == found["label"][judged]
        return {"figure": round(100 * float(right.mean()), 2), "test_rows": int(judged.sum()), "samples": result["samples"],
                "epochs": result["epochs"], "cpu_s": result["cpu_s"], "precision": result["precision"]}


# ---------------------------------------------------------------------------------------------- rows


def eac_row(percent, plain, eac):
    return Classification(
        title=f"EAC with {percent} % wrong labels",
        document="EAC, models.md 2.8: RAF-DB, ResNet-50",
        data=lambda faces, seed: majority_with_flips(faces, seed, 6000, percent / 100),
        arms={"plain": ["--network", "eac-compact", *settings(epochs=12, **{"lambda": 0})],
              "EAC": ["--network", "eac-compact", *settings(epochs=12)]},
        published={"plain": plain, "EAC": eac},
        reduced="eac-compact at 48 px from random weights, 12 epochs; 6,000 faces of FER2013, each class in its share, "
                "FER+'s majority as the label, the wrong ones drawn evenly",
        note="The consistency keeps a network from learning wrong labels by heart. Twelve epochs from random weights are "
             "too few for that: the plain arm loses little from one share of wrong labels to the next, where the "
             "document's, 60 epochs from a trunk that knows faces, loses 4 to 7 points. What it brings here is the "
             "score: see below.")


def slides_row(title, network, published, epochs, count):
    return Classification(
        title=title,
        document="slides on CNNs, appendix 1: FER2013, 7,178 test rows",
        data=lambda faces, seed: published_labels(faces, seed, count),
        arms={network: ["--network", network, "--recipe", "paper", *settings(epochs=epochs)]},
        published={network: published},
        reduced=f"{epochs} epochs" + (f", {count:,} training rows" if count else ", all training rows")
                + "; judged on PublicTest without twins")


ROWS = {
    "eac-noise-10": eac_row(10, "83.44", "88.62"),
    "eac-noise-20": eac_row(20, "79.11", "87.35"),
    "eac-noise-30": eac_row(30, "71.67", "85.27"),
    "arbex-noise-20": Classification(
        title="ARBEx with 20 % wrong labels: with and without reliability balancing",
        document="ARBEx, table of noise: Aff-Wild2, K = 10",
        data=lambda faces, seed: majority_with_flips(faces, seed, 6000, 0.2),
        arms={"POSTER++": ["--network", "posterpp", *settings(preset="tiny", epochs=20)],
              "ARBEx": ["--network", "arbex", *settings(preset="tiny", epochs=20, dropout=0)]},
        published={"POSTER++": "54.99 (K = 0)", "ARBEx": "60.33"},
        reduced="tiny copies from random weights at their 64 px, 20 epochs; ARBEx's classifier without dropout, which so "
                "narrow a one does not bear (0.5: 6 points less); faces and labels as for EAC",
        note="Twenty epochs from random weights: the anchors follow an embedding that is still being learned, and ARBEx's "
             "classifier of three layers behind 32 numbers learns more slowly than the single layer of POSTER++. The "
             "document balances what a trunk that knows faces gives. With weights measured over 50 steps and then "
             "frozen, the loss of the anchors ruled the sum (accuracy 43.9): it now counts for a tenth of the "
             "classification at most."),
    "slides-keras": slides_row("CNN of the slides, Keras", "native-keras", "51.89 (also given as 51.59)", 10, 0),
    "slides-torch": slides_row("CNN of the slides, PyTorch", "native-torch", "52.58", 10, 5000),
    "mae-pretraining": Pretraining(
        title="A small ViT with and without masked auto-encoding first",
        document="ViT and MAE for two classes of faces: no figure without pre-training",
        data=lambda faces, seed: majority_with_flips(faces, seed, 6000, 0),
        pretraining=["--network", "mae-visi", *settings(preset="tiny", pretrain=1, epochs=100)],
        arms={"from random weights": ["--network", "mae-visi", *settings(preset="tiny", pretrain=0, epochs=60)],
              "pretrained": ["--network", "mae-visi", *settings(preset="tiny", pretrain=0, epochs=60)]},
        published={},
        reduced="the tiny mae-visi, 100 epochs without labels, 60 with; 6,000 faces of FER2013 with FER+'s majority"),
    "landmark-queries": Drawn(
        title="Landmark queries: eyes, nose and mouth ask the whole face",
        document="ViT and MAE for two classes of faces, table of results: mask 0.75 without and with face query",
        demo=["--samples", 1200, "--noise", 0],
        arms={"MAE, no query": ["--network", "mae-visi", "--space", "expression", *settings(preset="tiny", epochs=120)],
              "landmark queries": ["--network", "visi", "--space", "expression", *settings(preset="tiny", epochs=120)]},
        published={"MAE, no query": "85.88", "landmark queries": "77.09"},
        reduced="tiny copies, 120 epochs; 1,200 drawn faces of 60 people, eight classes",
        note="Half of the auto-encoder's epochs draw hidden patches, so its classifier learns for 60; the document's "
             "encoder comes trained."),
    "drowsiness": Drawn(
        title="Drowsiness from single frames",
        document="MAE drowsiness classifier: UTA-RLDD",
        demo=["--samples", 60, "--noise", 0],
        arms={"Q mask, people apart": ["--network", "qmask", "--space", "drowsiness", *settings(preset="tiny", epochs=40)],
              "Q mask, frames mixed": ["--network", "qmask", "--space", "drowsiness", *settings(preset="tiny", epochs=40)]},
        mixed=["Q mask, frames mixed"],
        published={"Q mask, frames mixed": "95.44 (the split is not described)"},
        reduced="the tiny Q mask, 40 epochs; 372 frames of six drawn clips of three people, alert or drowsy by the clip",
        note="A clip's label is that of every frame, also of those in which a drowsy person looks up. Three people are too "
             "few to learn what a fourth one's drowsiness looks like: apart, the network tells people and not states."),
}


# ---------------------------------------------------------------------------------------------- commands


def cell_file(name, arm, seed):
    return CELLS / f"{name}.{arm.replace(' ', '-')}.seed{seed}.json"


def run(args):
    row = ROWS[args.name]
    faces = Faces(args.data) if not isinstance(row, Drawn) else None
    CELLS.mkdir(parents=True, exist_ok=True)
    for seed in map(int, args.seeds.split(",")):
        for arm in row.arms:
            file = cell_file(args.name, arm, seed)
            if not file.exists():
                cell = row.cell(faces, arm, seed, WORK / args.name)
                file.write_text(json.dumps(cell, indent=1, sort_keys=True) + "\n")
            cell = json.loads(file.read_text())
            print(f"{args.name} {arm} seed {seed}: {cell['figure']} ({row.figure}), CPU {cell['cpu_s']:.0f} s", flush=True)


def write_table(_args):
    lines = [
        "# Results of the documents",
        "",
        "Made by `./dev bench results --row NAME`; one file a figure in [results/](results/). Reduced sizes, where the",
        "documents' own would take days on a CPU, stand with each row. Mean and range over the seeds. On FER2013 every",
        "judged face is a PublicTest row whose pixels do not occur in training. Data and sizes differ from the documents':",
        "compare the differences between arms, not the figures across columns.",
        "",
    ]
    for name, row in ROWS.items():
        found = {}
        for arm in row.arms:
            found[arm] = [json.loads(f.read_text()) for f in sorted(CELLS.glob(f"{name}.{arm.replace(' ', '-')}.seed*.json"))]
        if not any(found.values()):
            continue
        lines += [f"## {row.title} (`{name}`)", "", f"- Document: {row.document}", f"- Here: {row.reduced}"]
        lines += ["", f"| arm | published | Mien: {row.figure} | seeds | training CPU |", "| --- | --- | --- | --- | --- |"]
        for arm, cells in found.items():
            if cells:
                values = [cell["figure"] for cell in cells]
                lines.append(f"| {arm} | {row.published.get(arm, '')} | {np.mean(values):.1f} ({min(values):.1f} to {max(values):.1f}) "
                             f"| {len(values)} | {np.mean([cell['cpu_s'] for cell in cells]) / 60:.1f} min |")
        if row.note:
            lines += ["", row.note]
        lines.append("")
    import noise  # which is built on what is here
    import review_value
    lines[-1:] = noise.table_lines() + review_value.table_lines()
    TABLE.write_text("\n".join(lines) + "\n")
    print(f"wrote {TABLE.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("list")
    command.set_defaults(command=lambda _: print("\n".join(f"{name:18} {row.title}" for name, row in ROWS.items())))
    command = commands.add_parser("run")
    command.add_argument("name", choices=sorted(ROWS))
    command.add_argument("--data", required=True)
    command.add_argument("--seeds", default="0,1,2")
    command.set_defaults(command=run)
    command = commands.add_parser("table")
    command.set_defaults(command=write_table)
    args = parser.parse_args()
    args.command(args)


if __name__ == "__main__":
    main()
