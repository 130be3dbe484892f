#!/usr/bin/env python3
"""Networks of Mien against the same networks in Python PyTorch, alternately, on the same weights and inputs.

    networks.py PROGRAM [--only NAME,NAME] [--pairs 5] [--table FILE]

PROGRAM is bench_network. For each network: the ratio of CPU time of
  step       a training step at equal settings: precision, memory format, AdamW, attention consistency where it has one
  plain      the same step of Mien against a plain script: fp32, contiguous
  inference  evaluating a batch, fp32 on both sides, channels last
and how far the last loss and the mean logit are apart. Medians of `--pairs` pairs. `--table` writes them as Markdown.
Needs the PyTorch that Mien was built with: PYTHONPATH=.deps/python.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

WARM_UP = 3
BLOCK = 32  # faces that Mien evaluates at once

# Name, batch and repeats of a step, lambda of the attention consistency.
NETWORKS = [("eac-compact", 128, 10, 3), ("eac-resnet18", 16, 3, 5), ("eac-resnet50", 8, 3, 5), ("native-keras", 64, 10, 0),
            ("native-torch", 64, 5, 0), ("vit-tiny", 16, 4, 0), ("vit-small", 8, 3, 0), ("crossvit-tiny", 8, 3, 0)]


def read_safetensors(path):
    import torch
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {name: torch.frombuffer(bytearray(data[8 + size + e["data_offsets"][0]:8 + size + e["data_offsets"][1]]),
                                   dtype=torch.float32).reshape(e["shape"])
            for name, e in header.items() if name != "__metadata__"}


def seconds_each(repeats, work):
    begin = value = 0
    for i in range(WARM_UP + repeats):
        if i == WARM_UP:
            begin = time.process_time()
        value = work()
    return (time.process_time() - begin) / repeats, value


def peer(job):
    """The same work in Python; prints the same line as the program."""
    import torch
    import torch.nn.functional as F
    from network_peers import peer as network
    torch.set_num_threads(job["threads"])
    layout = torch.contiguous_format if job["plain"] else torch.channels_last
    net = network(job["network"], read_safetensors(job["weights"])).to(memory_format=layout)
    batch, lam = job["batch"], job["lambda"]
    count = 2 * batch if job["what"] == "train" and lam > 0 else batch
    size = count * job["channels"] * job["side"] ** 2
    inputs = (torch.arange(size).mul(37).remainder(101).float() / 50 - 1).view(count, job["channels"], job["side"], job["side"])
    inputs = inputs.contiguous(memory_format=layout)

    if job["what"] == "infer":
        net.eval()

        def work():
            with torch.inference_mode():
                return net(inputs)[1].abs().mean().item()
    else:
        net.train()
        decayed = [p for p in net.parameters() if p.dim() > 1]
        spared = [p for p in net.parameters() if p.dim() < 2]
        optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": spared, "weight_decay": 0}],
                                      lr=1e-3, fused=not job["plain"])
        labels = torch.arange(batch).remainder(7)

        def work():
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=job["precision"] == "bf16" and not job["plain"]):
                features, logits = net(inputs)
            loss = F.cross_entropy(logits[:batch].float(), labels)
            if lam > 0:
                maps = torch.matmul(net.class_weight().detach(), features.float().flatten(2)).unflatten(2, features.shape[2:])
                loss = loss + lam * F.mse_loss(maps[:batch], maps[batch:].flip(-1))
            value = loss.item()
            loss.backward()
            optimiser.step()
            return value

    seconds, value = seconds_each(job["repeats"], work)
    print(json.dumps({"cpu_s": seconds, "value": value}))


def measured(command):
    # GOMP_SPINCOUNT as mien-worker sets it for itself; the peer gets the same
    environment = {**os.environ, "GOMP_SPINCOUNT": "50000"}
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def compare(program, name, batch, repeats, lam, pairs, precision):
    """Medians of the three ratios, and the greatest relative difference of what both sides computed."""
    ratios = {"step": [], "plain": [], "inference": []}
    apart = 0
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.safetensors")

        def ours(what, precision):
            return measured([program, what, name, batch if what == "train" else BLOCK, repeats, precision, lam, weights])

        def theirs(mine, what, plain):
            job = {"network": name, "weights": weights, "batch": batch if what == "train" else BLOCK, "repeats": repeats, "lambda": lam, "what": what,
                   "plain": plain, "precision": precision, "threads": mine["threads"], "channels": mine["channels"],
                   "side": mine["side"]}
            return measured([sys.executable, __file__, "--peer", json.dumps(job)])

        for _ in range(pairs):
            mine = ours("train", precision)
            other = theirs(mine, "train", False)
            ratios["step"].append(mine["cpu_s"] / other["cpu_s"])
            apart = max(apart, abs(mine["value"] / other["value"] - 1))
            ratios["plain"].append(mine["cpu_s"] / theirs(mine, "train", True)["cpu_s"])
            mine = ours("infer", "fp32")
            other = theirs(mine, "infer", False)
            ratios["inference"].append(mine["cpu_s"] / other["cpu_s"])
            apart = max(apart, abs(mine["value"] / other["value"] - 1))
    return {key: statistics.median(values) for key, values in ratios.items()}, apart


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    flags = next((line for line in lines if line.startswith("flags")), "")
    extras = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags.split()]
    return f"{model} ({', '.join(extras)})", "avx512_bf16" in extras or "amx_bf16" in extras


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--only", default="")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(json.loads(args.peer))
    if not args.program:
        parser.error("name the program bench_network")
    if importlib.util.find_spec("torch") is None:
        parser.error("Python does not find PyTorch: PYTHONPATH=.deps/python")
    import torch
    model, fast_bf16 = processor()
    precision = "bf16" if fast_bf16 else "fp32"
    lines = ["# Networks against Python PyTorch", "",
             f"Made by `./dev bench networks` on {model}, {os.cpu_count()} cores, PyTorch {torch.__version__} on both sides.",
             f"CPU time of Mien by CPU time of Python, medians of {args.pairs} pairs on the same weights and inputs.", "",
             f"- step: one training step at equal settings ({precision}, channels last, fused AdamW); limit 1.03",
             "- plain: Mien's step by that of a plain script (fp32, contiguous); limit 0.65 where the CPU multiplies bfloat16",
             "- inference: 32 faces in fp32, channels last; Mien folds batch normalisation; limit 0.90",
             "- apart: greatest relative difference of what both computed (last loss, mean logit)", "",
             "| network | batch | step | plain | inference | apart |", "| --- | --- | --- | --- | --- | --- |"]
    chosen = args.only.split(",") if args.only else [row[0] for row in NETWORKS]
    for name, batch, repeats, lam in NETWORKS:
        if name not in chosen:
            continue
        ratios, apart = compare(args.program, name, batch, repeats, lam, args.pairs, precision)
        lines.append(f"| {name} | {batch} | {ratios['step']:.3f} | {ratios['plain']:.3f} | {ratios['inference']:.3f} | {apart:.1e} |")
        print(lines[-1], flush=True)
    if args.table:
        args.table.write_text("\n".join(lines) + "\n")
        print(f"wrote {args.table}")


if __name__ == "__main__":
    main()
