#!/usr/bin/env python3
"""Networks of Mien against the same networks in Python PyTorch, alternately, on the same weights and inputs.

    networks.py PROGRAM [--only NAME,NAME] [--pairs 5] [--table FILE]
    networks.py PROGRAM --device cuda[:N] [--only NAME,NAME] [--pairs 3]

PROGRAM is bench_network. For each network: the ratio of CPU time of
  step       a training step at equal settings: precision, memory format, AdamW, attention consistency where it has one
  plain      the same step of Mien against a plain script: fp32, contiguous
  inference  evaluating a batch, fp32 on both sides, channels last
and how far the last loss and the mean logit are apart. Medians of `--pairs` pairs. `--table` writes them as Markdown.
With `--device cuda`, which without PROGRAM only asks whether there is one, nothing is compared with limits: images per second of Mien and of Python by the clock, at batches
eight times as large, and how busy the GPU was meanwhile (nvidia-smi, where there is one).
Needs the PyTorch that Mien was built with: PYTHONPATH=.deps/python.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WARM_UP = 3
BLOCK = 32  # faces that Mien evaluates at once
GPU_BLOCK = 256  # and on a GPU, as when it scores a run
GPU_TIMES = 8  # batches there, by those of the CPU
LEAST_SECONDS = 5  # of a measurement on a GPU

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


def clock_seconds_each(repeats, work):
    """As bench_network measures on a GPU."""
    import torch
    for _ in range(WARM_UP):
        value = work()
    torch.cuda.synchronize()
    print("measuring", flush=True)
    begin, seconds, done = time.perf_counter(), 0, 0
    while seconds < LEAST_SECONDS:
        for _ in range(repeats):
            value = work()
        torch.cuda.synchronize()
        done += repeats
        seconds = time.perf_counter() - begin
    return seconds / done, value


def peer(job):
    """The same work in Python; prints the same line as the program."""
    import torch
    import torch.nn.functional as F
    from network_peers import peer as network
    torch.set_num_threads(job["threads"])
    device = torch.device(job.get("device", "cpu"))
    layout = torch.contiguous_format if job["plain"] else torch.channels_last
    net = network(job["network"], read_safetensors(job["weights"])).to(device=device, memory_format=layout)
    batch, lam = job["batch"], job["lambda"]
    count = 2 * batch if job["what"] == "train" and lam > 0 else batch
    size = count * job["channels"] * job["side"] ** 2
    inputs = (torch.arange(size).mul(37).remainder(101).float() / 50 - 1).view(count, job["channels"], job["side"], job["side"])
    inputs = inputs.contiguous(memory_format=layout)

    if job["what"] == "infer":
        net.eval()

        def work():
            with torch.inference_mode():
                return net(inputs.to(device))[1].abs().mean().item()
    else:
        inputs = inputs.to(device)
        net.train()
        decayed = [p for p in net.parameters() if p.dim() > 1]
        spared = [p for p in net.parameters() if p.dim() < 2]
        optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": spared, "weight_decay": 0}],
                                      lr=1e-3, fused=not job["plain"])
        labels = torch.arange(batch).remainder(7).to(device)

        def work():
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast(device.type, torch.bfloat16, enabled=job["precision"] == "bf16" and not job["plain"]):
                features, logits = net(inputs)
            loss = F.cross_entropy(logits[:batch].float(), labels)
            if lam > 0:
                maps = torch.matmul(net.class_weight().detach(), features.float().flatten(2)).unflatten(2, features.shape[2:])
                loss = loss + lam * F.mse_loss(maps[:batch], maps[batch:].flip(-1))
            value = loss.item()
            loss.backward()
            optimiser.step()
            return value

    if device.type == "cpu":
        seconds, value = seconds_each(job["repeats"], work)
        print(json.dumps({"cpu_s": seconds, "value": value}))
    else:
        seconds, value = clock_seconds_each(job["repeats"], work)
        print(json.dumps({"clock_s": seconds, "value": value}))


def measured(command):
    # GOMP_SPINCOUNT as mien-worker sets it for itself; the peer gets the same
    environment = {**os.environ, "GOMP_SPINCOUNT": "5000"}
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def busy_while(process, device):
    """The last line that the process prints, and the mean utilisation of the GPU in % from "measuring" to there."""
    readings = []
    line = process.stdout.readline()
    if line.strip() == "measuring":
        watch = None
        if shutil.which("nvidia-smi"):
            watch = subprocess.Popen(["nvidia-smi", "-i", device.partition(":")[2] or "0", "--query-gpu=utilization.gpu",
                                      "--format=csv,noheader,nounits", "-lms", "200"], stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if watch:
            watch.terminate()
            readings = [float(text) for text in watch.communicate()[0].split() if text.replace(".", "", 1).isdigit()]
    if process.wait() != 0:
        sys.exit(process.returncode)
    # The first reading looks back at the warm-up.
    return json.loads(line), statistics.mean(readings[1:]) if len(readings) > 1 else None


def gpu_rates(program, device, name, batch, repeats, lam, pairs):
    """Images per second and utilisation of both sides: {(what, side): (rate, utilisation)}."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.safetensors")
        for what, precision, size in (("train", "bf16", GPU_TIMES * batch), ("infer", "fp32", GPU_BLOCK)):
            for _ in range(pairs):
                command = [program, what, name, size, repeats, precision, lam, weights, device]
                start = lambda words: subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
                mine, busy = busy_while(start(command), device)
                job = {"network": name, "weights": weights, "batch": size, "repeats": repeats, "lambda": lam, "what": what,
                       "plain": False, "precision": precision, "threads": mine["threads"], "channels": mine["channels"],
                       "side": mine["side"], "device": device}
                other, other_busy = busy_while(start([sys.executable, __file__, "--peer", json.dumps(job)]), device)
                for side, result, share in (("mien", mine, busy), ("python", other, other_busy)):
                    found.setdefault((what, side), []).append((size / result["clock_s"], share))
    medians = {}
    for key, runs in found.items():
        shares = [share for _, share in runs if share is not None]
        medians[key] = statistics.median(rate for rate, _ in runs), statistics.median(shares) if shares else None
    return medians


def on_gpu(args, chosen):
    import torch
    if not torch.cuda.is_available():
        sys.exit(f"networks.py: --device {args.device} needs a CUDA GPU, its driver and PyTorch built with CUDA; "
                 f"PyTorch {torch.__version__} finds none here. Without --device the CPU is measured.")
    device = args.device if ":" in args.device else args.device + ":0"
    if not args.program:
        return  # it is there: that was the question
    print(f"{torch.cuda.get_device_name(device)}, PyTorch {torch.__version__}; medians of {args.pairs} pairs, batches of "
          f"{GPU_BLOCK} to evaluate (fp32), steps in bf16; images/s, and how busy the GPU was")
    print("| network | batch | train Mien | train Python | evaluate Mien | evaluate Python |\n| --- | --- | --- | --- | --- | --- |")
    for name, batch, repeats, lam in NETWORKS:
        if name not in chosen:
            continue
        rates = gpu_rates(args.program, device, name, batch, repeats, lam, args.pairs)
        cells = [f"{rates[key][0]:.0f}/s" + ("" if rates[key][1] is None else f", {rates[key][1]:.0f} %")
                 for key in (("train", "mien"), ("train", "python"), ("infer", "mien"), ("infer", "python"))]
        print(f"| {name} | {GPU_TIMES * batch} | " + " | ".join(cells) + " |", flush=True)


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
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(json.loads(args.peer))
    if not args.program and args.device == "cpu":
        parser.error("name the program bench_network")
    if importlib.util.find_spec("torch") is None:
        parser.error("Python does not find PyTorch: PYTHONPATH=.deps/python")
    chosen = args.only.split(",") if args.only else [row[0] for row in NETWORKS]
    if unknown := set(chosen) - {row[0] for row in NETWORKS}:
        parser.error(f"--only: no network {', '.join(sorted(unknown))} is measured; there are: {', '.join(row[0] for row in NETWORKS)}")
    if args.device != "cpu":
        if args.device.partition(":")[0] != "cuda":
            parser.error(f"--device takes cpu, cuda or cuda:N, not {args.device}")
        args.pairs = args.pairs or 3
        return on_gpu(args, chosen)
    args.pairs = args.pairs or 5
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
             "On a machine with an NVIDIA GPU `./dev bench networks --device cuda` prints images per second of Mien and of Python",
             "there, for training and evaluating, and how busy the GPU was.", "",
             "| network | batch | step | plain | inference | apart |", "| --- | --- | --- | --- | --- | --- |"]
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
