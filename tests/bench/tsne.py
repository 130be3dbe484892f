#!/usr/bin/env python3
"""Mien's t-SNE against openTSNE, alternately, on the same rows and one CPU thread each.

    tsne.py --peers FOLDER --csv fer2013.csv[.xz] --work FOLDER [--pairs N] [--core 0] [NAME…]

FOLDER of peers holds mk_tsne_inputs.py, tsne.py (openTSNE with its usual settings) and kl.py (the judge of both maps).
NAME is fer5k (5,000 rows of FER2013 by its 50 principal axes; the default), fer (all) or mix100k (100,000 generated
rows). Whole processes are measured: CPU time (user and system) and peak memory, from start to the map on the disk.
Prints a line of JSON a map and a pair, and the median and range of the ratios. Needs openTSNE, scikit-learn, pandas and
SciPy; `mien` on the PATH or in MIEN.
"""
import argparse
import json
import lzma
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

MIEN = os.environ.get("MIEN", "mien")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MIEN_THREADS")}


def measured(command, core):
    """CPU seconds and peak MB of a process, and what it said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {core})
        os.dup2(writer, 1)
        os.close(reader)
        os.execvpe(command[0], command, os.environ | ONE_THREAD)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def prepared(wanted):
    """The inputs, made once."""
    if all((wanted.work / f"{name}.npy").exists() for name in ("fer", "fer5k", "mix100k")):
        return
    wanted.work.mkdir(parents=True, exist_ok=True)
    table = wanted.csv
    if table.suffix == ".xz":
        table = wanted.work / "fer2013.csv"
        with lzma.open(wanted.csv) as packed, open(table, "wb") as plain:
            shutil.copyfileobj(packed, plain)
    subprocess.run([sys.executable, wanted.peers / "mk_tsne_inputs.py", table, wanted.work], check=True)


def divergence(wanted, rows, layout):
    judge = subprocess.run([sys.executable, wanted.peers / "kl.py", rows, layout], check=True, capture_output=True, text=True)
    return float(judge.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=["fer5k"])
    parser.add_argument("--peers", type=pathlib.Path, required=True)
    parser.add_argument("--csv", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - {"fer5k", "fer", "mix100k"}:
        parser.error(f"{', '.join(sorted(unknown))} is not possible; fer5k, fer and mix100k are")
    prepared(wanted)
    for name in wanted.names:
        rows = wanted.work / f"{name}.npy"
        maps = {"mien": wanted.work / f"{name}.mien.npy", "openTSNE": wanted.work / f"{name}.opentsne.npy"}
        commands = {
            "mien": [MIEN, "embed", "--features", str(rows), "--out", str(maps["mien"]), "--device", "cpu", "--json"],
            "openTSNE": [sys.executable, str(wanted.peers / "tsne.py"), str(rows), str(maps["openTSNE"])],
        }
        ratios, bytes_of_ours = [], set()
        for pair in range(wanted.pairs):
            seconds = {}
            for engine, command in commands.items():
                seconds[engine], megabytes, said = measured(command, wanted.core)
                line = {"rows": name, "pair": pair, "engine": engine, "cpu_s": round(seconds[engine], 2), "peak_mb": round(megabytes)}
                if engine == "mien":
                    bytes_of_ours.add(maps[engine].read_bytes())
                    line["kl_told"] = json.loads(said.strip().splitlines()[-1])["kl"]
                if pair == 0:
                    line["kl"] = divergence(wanted, rows, maps[engine])
                print(json.dumps(line), flush=True)
            ratios.append(seconds["mien"] / seconds["openTSNE"])
        print(json.dumps({"rows": name, "ratio": round(statistics.median(ratios), 3), "lowest": round(min(ratios), 3),
                          "highest": round(max(ratios), 3), "same_bytes": len(bytes_of_ours) == 1}), flush=True)


if __name__ == "__main__":
    main()
