#!/usr/bin/env python3
"""Loading and whole epochs of Mien against a DataLoader of Python PyTorch, alternately, on the same faces.

    loading.py PROGRAM MIEN [--pairs 5] [--table FILE]

PROGRAM is bench_loading, MIEN the command mien, which draws the faces (3,000 of 112 px), packs them and exports them as
JPEG files. The ratio of CPU time of
  loading  making every batch of an epoch at 112 px: mirroring, an affine map, normalisation. The peer is ImageFolder,
           RandomHorizontalFlip, RandomAffine, ToTensor and Normalize of torchvision, in a DataLoader
  epoch    an epoch of a network at its own size and equal settings. The peer holds the faces decoded in memory, makes
           its views by the same transforms in a DataLoader, and trains with the same step as networks.py
Medians of `--pairs` pairs. `--table` appends them to a Markdown file.
Needs PyTorch and torchvision: PYTHONPATH=.deps/python, and torchvision beside it.
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

FACES, SIDE, BATCH = 3000, 112, 64
# Name, side, batch, lambda of the attention consistency.
NETWORKS = [("eac-compact", 48, 128, 3), ("native-keras", 48, 64, 0)]


def jpegs(folder):
    """Writes the exported faces again as JPEG: how face data sets are published."""
    from PIL import Image
    for path in list(pathlib.Path(folder).rglob("*.png")):
        Image.open(path).convert("RGB").save(path.with_suffix(".jpg"), quality=95)
        path.unlink()


def torchvision():
    """Its usual wheel is built for CUDA; beside a PyTorch without it, it misses two operators that no transform uses."""
    import torch
    if torch.version.cuda is None and "torchvision" not in sys.modules:
        torch.library.define("torchvision::nms", "(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        torch.library.define("torchvision::qnms", "(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    import torchvision.datasets
    import torchvision.transforms
    return torchvision


def transforms(side, channels):
    t = torchvision().transforms
    steps = [t.Resize(side)] if side != SIDE else []
    return t.Compose(steps + [t.RandomHorizontalFlip(), t.RandomAffine(10, (0.06, 0.06), (0.92, 1.08), interpolation=t.InterpolationMode.BILINEAR),
                              t.ToTensor(), t.Normalize([0.5] * channels, [0.5] * channels)])


def peer_loading(job):
    import torch
    torch.set_num_threads(job["threads"])
    loader = torch.utils.data.DataLoader(torchvision().datasets.ImageFolder(job["folder"], transforms(SIDE, 3)), BATCH, shuffle=True)

    def epoch():
        total = count = 0
        for inputs, _ in loader:
            total += inputs[0, 0, 0].sum().item()
            count += SIDE
        return total / count
    return epoch


def peer_epoch(job):
    import torch
    import torch.nn.functional as F
    from PIL import Image
    from network_peers import peer as network
    from networks import read_safetensors
    torch.set_num_threads(job["threads"])
    net = network(job["network"], read_safetensors(job["weights"])).to(memory_format=torch.channels_last)
    net.train()
    lam, mode = job["lambda"], "L" if job["channels"] == 1 else "RGB"
    views = transforms(job["side"], job["channels"])
    faces = [(image.convert(mode).resize((job["side"], job["side"]), Image.BILINEAR), label) for image, label in torchvision().datasets.ImageFolder(job["folder"])]

    class Faces(torch.utils.data.Dataset):
        def __len__(self):
            return len(faces)

        def __getitem__(self, i):
            return views(faces[i][0]), faces[i][1]
    loader = torch.utils.data.DataLoader(Faces(), job["batch"], shuffle=True)
    decayed, spared = [p for p in net.parameters() if p.dim() > 1], [p for p in net.parameters() if p.dim() < 2]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": spared, "weight_decay": 0}], lr=1e-3, fused=True)

    def epoch():
        for inputs, labels in loader:
            count = len(labels)
            if lam > 0:  # the exact mirror of each view
                inputs = torch.cat([inputs, inputs.flip(-1)])
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            optimiser.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=job["precision"] == "bf16"):
                features, logits = net(inputs)
            loss = F.cross_entropy(logits[:count].float(), labels)
            if lam > 0:
                maps = torch.matmul(net.class_weight().detach(), features.float().flatten(2)).unflatten(2, features.shape[2:])
                loss = loss + lam * F.mse_loss(maps[:count], maps[count:].flip(-1))
            value = loss.item()
            loss.backward()
            optimiser.step()
        return value
    return epoch


def peer(job):
    epoch = peer_epoch(job) if "network" in job else peer_loading(job)
    epoch()
    begin = time.process_time()
    value = epoch()
    print(json.dumps({"cpu_s": time.process_time() - begin, "value": value}))


def printed(command):
    environment = {**os.environ, "GOMP_SPINCOUNT": "5000"}  # as mien-worker sets it for itself; the peer gets the same
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def ratio_of(pairs, ours, theirs):
    """Median ratio, and the CPU seconds of both in the last pair."""
    ratios = []
    for _ in range(pairs):
        mine = printed(ours)
        other = printed([sys.executable, __file__, "--peer", json.dumps(theirs(mine))])
        ratios.append(mine["cpu_s"] / other["cpu_s"])
    return statistics.median(ratios), mine["cpu_s"], other["cpu_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("mien", nargs="?")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        return peer(json.loads(args.peer))
    if not args.mien:
        parser.error("name the programs bench_loading and mien")
    for module in ("torch", "torchvision"):
        if importlib.util.find_spec(module) is None:
            parser.error(f"Python does not find {module}; see --help")
    from networks import processor
    precision = "bf16" if processor()[1] else "fp32"
    lines = ["", "## Loading and epochs", "",
             f"CPU time of Mien by CPU time of a DataLoader with torchvision, medians of {args.pairs} pairs on the same {FACES} faces.", "",
             "| what | limit | ratio | Mien, ms a face | Python, ms a face |", "| --- | --- | --- | --- | --- |"]

    def add(what, limit, measured):
        ratio, mine, other = measured
        lines.append(f"| {what} | {limit} | {ratio:.3f} | {1e3 * mine / FACES:.3f} | {1e3 * other / FACES:.3f} |")
        print(lines[-1], flush=True)

    with tempfile.TemporaryDirectory() as folder:
        project, files, weights = (os.path.join(folder, name) for name in ("project", "faces", "weights.safetensors"))
        printed([args.mien, "demo", project, "--samples", FACES, "--json"])
        pack = printed([args.mien, "pack", "-p", project, "--size", SIDE, "--json"])["folder"]
        printed([args.mien, "export", "-p", project, "--format", "class-folder", files, "--json"])
        jpegs(files)
        # the exporter's folders are split/class; the peer reads one level of classes
        merged = os.path.join(folder, "classes")
        for path in pathlib.Path(files).rglob("*.jpg"):
            target = pathlib.Path(merged, path.parent.name, path.parent.parent.name + "_" + path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)

        def job(mine, **more):
            return {"folder": merged, "threads": mine["threads"], **more}
        add(f"loading, {SIDE} px, batches of {BATCH}", "0.30",
            ratio_of(args.pairs, [args.program, "loading", pack, SIDE, BATCH], job))
        for name, side, batch, lam in NETWORKS:
            add(f"epoch of {name}, {side} px, {precision}, batches of {batch}", "0.95",
                ratio_of(args.pairs, [args.program, "epoch", pack, side, batch, name, precision, lam, weights],
                         lambda mine: job(mine, network=name, side=side, batch=batch, precision=precision, channels=mine["channels"],
                                          weights=weights, **{"lambda": lam})))
    if args.table:
        with args.table.open("a") as table:
            table.write("\n".join(lines) + "\n")
        print(f"added to {args.table}")


if __name__ == "__main__":
    main()
