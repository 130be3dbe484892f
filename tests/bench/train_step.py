#!/usr/bin/env python3
"""A training step of Mien against the same step in Python PyTorch, alternately, on the same weights and inputs.

    train_step.py PROGRAM [--network eac-compact] [--batch 128] [--steps 20] [--precision bf16] [--lambda 3] [--pairs 7]

PROGRAM is bench_train_step. Prints each pair's ratio of CPU time, their median and range, and how far the last losses
are apart. Needs the PyTorch that Mien was built with: PYTHONPATH=.deps/python.
"""
import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

WARM_UP = 3


def read_safetensors(path):
    import torch
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {name: torch.frombuffer(bytearray(data[8 + size + e["data_offsets"][0]:8 + size + e["data_offsets"][1]]),
                                   dtype=torch.float32).reshape(e["shape"])
            for name, e in header.items() if name != "__metadata__"}


def network(weights):
    """Rebuilds a ResNet with basic blocks from the names and shapes of its weights."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, name, stride):
            super().__init__()
            out, inner = weights[name + "conv1.weight"].shape[:2]
            self.conv1 = nn.Conv2d(inner, out, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(out)
            self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(out)
            self.downsample = None
            if name + "downsample.0.weight" in weights:
                self.downsample = nn.Sequential(nn.Conv2d(inner, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            y += x if self.downsample is None else self.downsample(x)
            return self.relu(y)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            stem = weights["conv1.weight"].shape
            self.conv1 = nn.Conv2d(stem[1], stem[0], stem[2], 2, stem[2] // 2, bias=False)
            self.bn1 = nn.BatchNorm2d(stem[0])
            self.pool = nn.MaxPool2d(3, 2, 1) if stem[2] == 7 else nn.Identity()
            self.relu = nn.ReLU(inplace=True)
            self.stages = 0
            while any(name.startswith(f"layer{self.stages + 1}.") for name in weights):
                self.stages += 1
                blocks, place = [], f"layer{self.stages}."
                while f"{place}{len(blocks)}.conv1.weight" in weights:
                    blocks.append(Block(f"{place}{len(blocks)}.", 2 if self.stages > 1 and not blocks else 1))
                setattr(self, f"layer{self.stages}", nn.Sequential(*blocks))
            self.fc = nn.Linear(*reversed(weights["fc.weight"].shape))

        def forward(self, x):
            x = self.pool(self.relu(self.bn1(self.conv1(x))))
            for s in range(self.stages):
                x = getattr(self, f"layer{s + 1}")(x)
            return x, self.fc(x.mean((2, 3)))

    net = Net()
    left = net.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys and all("running" in k or "tracked" in k for k in left.missing_keys), left
    return net


def train(args):
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(args.threads)
    net = network(read_safetensors(args.weights)).train().to(memory_format=torch.channels_last)
    decayed = [p for p in net.parameters() if p.dim() > 1]
    spared = [p for p in net.parameters() if p.dim() < 2]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": spared, "weight_decay": 0}],
                                  lr=1e-3, fused=True)
    lam = getattr(args, "lambda")
    views = 2 * args.batch if lam > 0 else args.batch
    channels = net.conv1.weight.shape[1]
    size = views * channels * args.side * args.side
    inputs = (torch.arange(size).mul(37).remainder(101).float() / 50 - 1).view(views, channels, args.side, args.side)
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    labels = torch.arange(args.batch).remainder(7)
    begin = value = 0
    for step in range(WARM_UP + args.steps):
        if step == WARM_UP:
            begin = time.process_time()
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            features, logits = net(inputs)
        loss = F.cross_entropy(logits[:args.batch].float(), labels)
        if lam > 0:
            maps = torch.matmul(net.fc.weight.detach(), features.float().flatten(2)).unflatten(2, features.shape[2:])
            loss = loss + lam * F.mse_loss(maps[:args.batch], maps[args.batch:].flip(-1))
        value = loss.item()
        loss.backward()
        optimiser.step()
    print(json.dumps({"cpu_s_per_step": (time.process_time() - begin) / args.steps, "loss": value}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("--network", default="eac-compact")
    parser.add_argument("--side", type=int, default=48, help="input side of the network (224 for eac-resnet18)")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--lambda", type=float, default=3)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--weights", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.weights:
        return train(args)
    if not args.program:
        parser.error("name the program bench_train_step")
    if importlib.util.find_spec("torch") is None:
        parser.error("Python does not find PyTorch: PYTHONPATH=.deps/python")

    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.safetensors")
        ours = [args.program, args.network, args.batch, args.steps, args.precision, getattr(args, "lambda"), weights]
        environment = {**os.environ, "GOMP_SPINCOUNT": "50000"}  # as mien-worker sets it for itself; the peer gets the same

        def run(command):
            done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, env=environment)
            return json.loads(done.stdout)

        for _ in range(args.pairs):
            mine = run(ours)
            peer = run([sys.executable, __file__, "--weights", weights, "--threads", mine["threads"], "--side", args.side,
                        "--batch", args.batch, "--steps", args.steps, "--precision", args.precision,
                        "--lambda", getattr(args, "lambda")])
            ratios.append(mine["cpu_s_per_step"] / peer["cpu_s_per_step"])
            print(f"{mine['cpu_s_per_step'] * 1e3:.1f} ms / {peer['cpu_s_per_step'] * 1e3:.1f} ms = {ratios[-1]:.3f}"
                  f"   losses {mine['loss']:.5f} {peer['loss']:.5f}", flush=True)
    print(f"median {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
