#!/usr/bin/env python3
"""The whole way on FER2013, measured against FER+.

    fer2013.py flags    PROJECT RUN --votes fer2013new.csv
    fer2013.py annotate PROJECT RUN --votes fer2013new.csv [--answers 5000] [--seed 0]
    fer2013.py accuracy PROJECT RUN --votes fer2013new.csv --csv fer2013.csv[.xz]

`flags` prints AUROC and precision at 1,000 and 5,000 of every score, of cleanlab (when installed) on the same
averaged out-of-fold probabilities, against two truths made from the votes of ten annotators:
  majority  the rule `majority` of FER+'s official reader, winner among FER2013's seven classes
  strict    at least 7 raw votes for one of the seven
`annotate` plays an annotator who answers with the majority, the queue being re-ranked as `mien` learns from the
answers. `accuracy` is of the run's fold networks on the validation rows that have no pixel-identical twin in training.

The votes are read here alone: the project is imported without them.
Needs numpy; `mien` on the PATH or in MIEN.
"""
import argparse
import csv
import hashlib
import json
import lzma
import os
import pathlib
import random
import subprocess
import sys

import numpy as np

MIEN = os.environ.get("MIEN", "mien")
# Vote columns after Usage and image name, and FER2013's classes among them.
VOTES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
SEVEN = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]


def mien(*arguments):
    """Runs a command with --json; returns its result event."""
    done = subprocess.run([MIEN, *map(str, arguments), "--json"], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"mien {' '.join(map(str, arguments))} exited with {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def rows_of(*arguments):
    done = subprocess.run([MIEN, *map(str, arguments), "--format", "jsonl"], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def truths(votes_csv):
    """Per row: (majority class or None, strict class or None, Usage)."""
    answer = []
    with open(votes_csv, newline="") as file:
        for row in csv.DictReader(file):
            raw = [int(row[name]) for name in VOTES]
            strict = next((VOTES[i] for i, v in enumerate(raw) if v >= 7 and VOTES[i] in SEVEN), None)
            kept = [0 if v <= 1 else v for v in raw]
            most = max(kept)
            winner = VOTES[kept.index(most)] if most > 0.5 * sum(kept) else "unknown"
            answer.append((winner if winner in SEVEN else None, strict, row["Usage"]))
    return answer


def rows_with_training_twin(path):
    """Rows outside Training whose pixels are those of a Training row."""
    opened = lzma.open if path.endswith(".xz") else open
    training, others = set(), {}
    with opened(path, "rt", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            digest = hashlib.sha1(row["pixels"].encode()).digest()
            if row["Usage"] == "Training":
                training.add(digest)
            else:
                others[number] = digest
    return {number for number, digest in others.items() if digest in training}


def row_number(source):
    return int(source.rsplit("#row:", 1)[1])


def tensors(path):
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    kinds = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8}
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            a, b = entry["data_offsets"]
            found[name] = np.frombuffer(data[8 + size + a:8 + size + b], kinds[entry["dtype"]]).reshape(entry["shape"])
    return found, header.get("__metadata__", {})


def auroc(score, wrong):
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    sorted_scores = score[order]
    start = 0
    for i in range(1, len(score) + 1):
        if i == len(score) or sorted_scores[i] != sorted_scores[start]:
            ranks[order[start:i]] = (start + i - 1) / 2 + 1
            start = i
    positives = wrong.sum()
    return (ranks[wrong].sum() - positives * (positives + 1) / 2) / (positives * (len(wrong) - positives))


def precision_at(score, wrong, k):
    return wrong[np.argsort(-score, kind="stable")[:k]].mean()


def judge(name, score, rows, truth):
    """Rows without a truth are not scored: neither counted nor ranked."""
    line = f"{name:24}"
    for which in (0, 1):
        known = np.array([truth[r][which] is not None for r in rows["row"]])
        wrong = np.array([truth[r][which] != given for r, given in zip(rows["row"], rows["given"])])[known]
        s = score[known]
        line += f"  {auroc(s, wrong):.4f} {precision_at(s, wrong, 1000):.3f} {precision_at(s, wrong, 5000):.3f}"
    print(line, flush=True)


def flags(args):
    truth = truths(args.votes)
    listed = rows_of("flags", "-p", args.project)
    listed = [r for r in listed if truth[row_number(r["source"])][2] == "Training"]
    rows = {"row": [row_number(r["source"]) for r in listed], "given": [r["given"] if "given" in r else r["label"] for r in listed]}
    print(f"{len(listed)} Training rows" + 18 * " " + "majority: AUROC p@1000 p@5000  strict: the same")
    for name in ("suspicion", "eac_noise", "eac_inconsistency", "arbex_noise", "cl_noise"):
        judge(name, np.array([r[name] for r in listed], float), rows, truth)
    for name in ("arbex_confidence", "self_confidence", "margin"):
        judge("1 - " + name, 1 - np.array([r[name] for r in listed], float), rows, truth)

    found, metadata = tensors(pathlib.Path(args.project) / "runs" / args.run / "predictions.safetensors")
    classes = json.loads(metadata["classes"])
    place = {s: i for i, s in enumerate(found["sample"].tolist())}
    index = [place[r["id"]] for r in listed]
    p = found["probabilities"][index].astype(np.float64)
    p /= p.sum(1, keepdims=True)
    y = np.array([classes.index(g) for g in rows["given"]])
    try:
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        print("cleanlab is not installed: its rows are left out")
        return
    for method in ("self_confidence", "normalized_margin", "confidence_weighted_entropy"):
        judge("cleanlab " + method[:15], 1 - get_label_quality_scores(y, p, method=method), rows, truth)


def annotate(args):
    truth = truths(args.votes)
    generator = random.Random(args.seed)
    asked, wrong_found, steps = 0, 0, [300, 600] + list(range(1000, args.answers + 1, 1000))
    answered = set()
    for step in steps:
        step = min(step, args.answers)
        ranked = [r for r in rows_of("flags", "-p", args.project)
                  if r["id"] not in answered and truth[row_number(r["source"])][2] == "Training"]
        want = step - asked
        share = 0.25 if asked < 1000 else 0.1
        by_chance = generator.sample(ranked, round(want * share))
        chosen = {r["id"]: r for r in by_chance}
        for r in ranked:
            if len(chosen) == want:
                break
            chosen.setdefault(r["id"], r)
        groups = {}
        for r in chosen.values():
            answered.add(r["id"])
            answer = truth[row_number(r["source"])][0]
            if answer is None:
                continue  # the ten could not agree: skipped
            given = r["given"] if "given" in r else r["label"]
            wrong_found += answer != given
            groups.setdefault(answer, []).append(r["id"])
        for answer, ids in groups.items():
            listing = pathlib.Path(args.project) / "answers.txt"
            listing.write_text("".join(f"{i}\n" for i in ids))
            mien("label", "-p", args.project, "--samples", listing, "--class", answer, "--by", "majority")
            listing.unlink()
        asked = step
        mien("flag", "-p", args.project, "--run", args.run)
        print(f"{asked} answers: {wrong_found} wrong labels found", flush=True)


def accuracy(args):
    truth = truths(args.votes)
    twins = rows_with_training_twin(args.csv)
    row_of = {r["id"]: row_number(r["source"]) for r in rows_of("list", "-p", args.project, "--fields", "id,source")}
    found, metadata = tensors(pathlib.Path(args.project) / "runs" / args.run / "predictions.safetensors")
    classes = json.loads(metadata["classes"])
    right = total = 0
    for sample, fold, p in zip(found["sample"].tolist(), found["fold"].tolist(), found["probabilities"]):
        row = row_of[sample]
        answer, _, usage = truth[row]
        if usage != "PublicTest" or answer is None or row in twins:
            continue
        total += 1
        right += classes[int(np.argmax(p))] == answer
    print(f"{args.run}: {right / total:.4f} of {total} PublicTest rows without a twin agree with the majority")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("flags", flags), ("annotate", annotate), ("accuracy", accuracy)):
        command = commands.add_parser(name)
        command.set_defaults(run_command=run)
        command.add_argument("project")
        command.add_argument("run")
        command.add_argument("--votes", required=True)
        command.add_argument("--answers", type=int, default=5000)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--csv")
    args = parser.parse_args()
    args.run_command(args)


if __name__ == "__main__":
    main()
