#!/usr/bin/env python3
"""What an hour of review is worth: accuracy after a simulated annotator answered the first faces of a ranking.

    review_value.py list
    review_value.py run RANKING --data FOLDER [--seeds 0,1,2] [--budgets 0,1000,2500,5000,10000]

RANKING is mien (its queue: a quarter of the faces drawn at random, the open ones ranked anew from 100 answers on and
each time there are half as many more), cleanlab (the normalized margin of cleanlab 2.9.0 on the same out-of-fold
probabilities) or random. The labels are FER2013's own, the answers FER+'s majority (a face without one is asked and
stays as it is), the ranking that of the noise benchmark's run of the same seed. Then one network is trained on the
corrected labels and judged on PublicTest rows whose pixels do not occur in training, against the majority.
One JSON file a cell in docs/results; `results.py table` writes the curve into docs/RESULTS.md. Needs the cells
`noise.py run fer2013 --arms EAC`, numpy and cleanlab.
"""
import argparse
import json
import random
import shutil

import numpy as np

import noise
from fer2013 import mien, tensors
from results import CELLS, FER2013_CODES, WORK, Faces, accuracy_of, project_of, settings, trained

RANKINGS = ["mien", "cleanlab", "random"]
BUDGETS = [0, 1000, 2500, 5000, 10000]
RANDOM_SHARE = 0.25
EPOCHS = 10


def flagged_project(faces, seed):
    """A copy of the noise benchmark's project, so that answers leave that one as it is: (folder, row of each sample)."""
    source = noise.WORK / "fer2013" / f"EAC-seed{seed}"
    labels, _ = noise.as_published(faces, seed)
    folder = WORK / "review-value" / f"queue-seed{seed}"
    if not (folder / "copied").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        (folder / "copied").touch()
    return project_of(folder, faces, labels)


def order_of(ranking, faces, seed, most):
    """The first `most` Training rows that the annotator is asked about, in order. Kept, since Mien's depends on answers."""
    kept = WORK / "review-value" / f"{ranking}-seed{seed}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    training = set(faces.training)
    if ranking == "random":
        order = random.Random(seed).sample(faces.training, most)
    else:
        project, row_of = flagged_project(faces, seed)
        mien("flag", "-p", project, "--run", "r1")
        listed = noise.flags_of(project, row_of, training)
        order = cleanlab_order(project, listed, row_of)[:most] if ranking == "cleanlab" else mien_order(project, row_of, training, faces, seed, most)
    kept.write_text(json.dumps(order))
    return order


def cleanlab_order(project, listed, row_of):
    from cleanlab.rank import get_label_quality_scores
    found, metadata = tensors(project / "runs" / "r1" / "scores.safetensors")
    classes = json.loads(metadata["classes"])
    place = {s: i for i, s in enumerate(found["sample"].tolist())}
    p = found["probabilities"][[place[r["id"]] for r in listed]].astype(np.float64)
    y = np.array([classes.index(r["given"]) for r in listed])
    quality = get_label_quality_scores(y, p / p.sum(1, keepdims=True), method="normalized_margin")
    return [row_of[listed[i]["id"]] for i in np.argsort(quality, kind="stable")]


def mien_order(project, row_of, training, faces, seed, most):
    generator = random.Random(seed)
    order, asked, goal = [], set(), 100
    while len(order) < most:
        goal = min(goal, most)
        ranked = [r for r in noise.flags_of(project, row_of, training) if r["id"] not in asked]
        drawn = iter(generator.sample(ranked, len(ranked)))
        worst = iter(ranked)
        answers = {}
        while len(order) < goal:
            r = next(drawn if generator.random() < RANDOM_SHARE else worst)
            if r["id"] in asked:
                continue
            asked.add(r["id"])
            order.append(row_of[r["id"]])
            if faces.majority[order[-1]]:
                answers.setdefault(faces.majority[order[-1]], []).append(r["id"])
        for answer, ids in answers.items():
            listing = project / "answers.txt"
            listing.write_text("".join(f"{i}\n" for i in ids))
            mien("label", "-p", project, "--samples", listing, "--class", answer, "--by", "majority")
            listing.unlink()
        mien("flag", "-p", project, "--run", "r1")
        goal += goal // 2
    return order


def cell_of(faces, ranking, budget, seed):
    order = order_of(ranking, faces, seed, max(BUDGETS))[:budget] if budget else []
    labels = {row: None for row in faces.training}
    changed = 0
    given = {number: FER2013_CODES[int(row["emotion"])] for number, row in faces.rows()}
    for row in order:
        if faces.majority[row]:
            changed += faces.majority[row] != given[row]
            labels[row] = faces.majority[row]
    labels.update({row: faces.majority[row] for row in faces.test if faces.majority[row]})
    folder = WORK / "review-value" / f"{ranking}-{budget}-seed{seed}"
    project, row_of = project_of(folder, faces, labels)
    run, result = trained(project, "retrained", ["--network", "eac-compact", "--seed", seed, *settings(epochs=EPOCHS, **{"lambda": 0})])
    share, count = accuracy_of(project, run, row_of, {row: faces.majority[row] for row in labels}, [row for row in faces.test if row in labels])
    shutil.rmtree(project)  # 80 MB each
    return {"figure": round(100 * share, 2), "test_rows": count, "wrong_found": changed, "cpu_s": result["cpu_s"]}


def cell_file(ranking, budget, seed):
    return CELLS / (f"review-value.{ranking}.{budget}.seed{seed}.json" if budget else f"review-value.none.0.seed{seed}.json")


def run(args):
    faces = Faces(args.data)
    for seed in map(int, args.seeds.split(",")):
        for budget in map(int, args.budgets.split(",")):
            file = cell_file(args.ranking, budget, seed)
            if not file.exists():
                file.write_text(json.dumps(cell_of(faces, args.ranking, budget, seed), indent=1, sort_keys=True) + "\n")
            cell = json.loads(file.read_text())
            print(f"{args.ranking}, {budget} reviews, seed {seed}: {cell['figure']} %, {cell['wrong_found']} wrong labels found", flush=True)


def table_lines():
    """What docs/RESULTS.md says of the cells that are there."""
    cells = {(ranking, budget): [json.loads(file.read_text()) for seed in range(10) if (file := cell_file(ranking, budget, seed)).exists()]
             for ranking in RANKINGS for budget in BUDGETS}
    if not any(found for (_, budget), found in cells.items() if budget):
        return []
    lines = ["", "# What an hour of review is worth", "",
             "FER2013's own labels; a simulated annotator answers with FER+'s majority for the first faces of a ranking; one eac-compact is trained on the",
             f"corrected labels ({EPOCHS} epochs, plain) and judged on PublicTest without twins, against the majority. Accuracy in %, and wrong labels found: mean over the seeds.",
             "", "| reviews | " + " | ".join(RANKINGS) + " | seeds |", "| --- |" + " --- |" * (len(RANKINGS) + 1)]
    for budget in BUDGETS:
        found = [cells[ranking, budget] for ranking in RANKINGS]
        if any(found):
            figures = [f"{np.mean([c['figure'] for c in f]):.1f} ({np.mean([c['wrong_found'] for c in f]):,.0f})" if f else "" for f in found]
            lines.append(f"| {budget:,} | " + " | ".join(figures) + f" | {min(len(f) for f in found if f)} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list").set_defaults(command=lambda _: print("\n".join(RANKINGS)))
    command = commands.add_parser("run")
    command.add_argument("ranking", choices=RANKINGS)
    command.add_argument("--data", required=True)
    command.add_argument("--seeds", default="0,1,2")
    command.add_argument("--budgets", default=",".join(map(str, BUDGETS)))
    command.set_defaults(command=run)
    args = parser.parse_args()
    args.command(args)


if __name__ == "__main__":
    main()
