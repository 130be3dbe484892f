"""Networks of Mien as anybody would write them with Python PyTorch, under the same names of weights.

Each takes its sizes from a Mien network's weights ({name: tensor}) and is a module whose forward gives the last feature
map (or None) and the logits, so that a step of training and an evaluation can be timed on both sides on equal numbers.
"""
import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """A block of two 3x3 convolutions, or of 1x1, 3x3, 1x1."""

    def __init__(self, weights, name, stride):
        super().__init__()
        self.count = 3 if name + "conv3.weight" in weights else 2
        for i in range(1, self.count + 1):
            out, inner, side, _ = weights[f"{name}conv{i}.weight"].shape
            step = stride if i == (2 if self.count == 3 else 1) else 1
            setattr(self, f"conv{i}", nn.Conv2d(inner, out, side, step, side // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(out))
        self.downsample = None
        if name + "downsample.0.weight" in weights:
            out, inner = weights[name + "downsample.0.weight"].shape[:2]
            self.downsample = nn.Sequential(nn.Conv2d(inner, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = self.relu(y)
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, weights):
        super().__init__()
        out, channels, side, _ = weights["conv1.weight"].shape
        self.conv1 = nn.Conv2d(channels, out, side, 2, side // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.pool = nn.MaxPool2d(3, 2, 1) if side == 7 else nn.Identity()
        self.relu = nn.ReLU(inplace=True)
        self.stages = 0
        while any(name.startswith(f"layer{self.stages + 1}.") for name in weights):
            self.stages += 1
            blocks, place = [], f"layer{self.stages}."
            while f"{place}{len(blocks)}.conv1.weight" in weights:
                blocks.append(Residual(weights, f"{place}{len(blocks)}.", 2 if self.stages > 1 and not blocks else 1))
            setattr(self, f"layer{self.stages}", nn.Sequential(*blocks))
        self.fc = nn.Linear(*reversed(weights["fc.weight"].shape))

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        for s in range(self.stages):
            x = getattr(self, f"layer{s + 1}")(x)
        return x, self.fc(x.mean((2, 3)))

    def class_weight(self):
        return self.fc.weight


class NativeKeras(nn.Module):
    def __init__(self, weights):
        super().__init__()
        for i in range(1, 5):
            out, inner = weights[f"conv{i}.weight"].shape[:2]
            setattr(self, f"conv{i}", nn.Conv2d(inner, out, 3))
        for i in range(1, 4):
            setattr(self, f"fc{i}", nn.Linear(*reversed(weights[f"fc{i}.weight"].shape)))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        x = F.relu(self.conv4(x))
        y = F.relu(self.fc2(F.relu(self.fc1(x.permute(0, 2, 3, 1).flatten(1)))))
        return x, self.fc3(y)


class NativeTorch(nn.Module):
    def __init__(self, weights):
        super().__init__()
        layers = []
        for block in range(3):
            for _ in range(2):
                out, inner = weights[f"network.{len(layers)}.weight"].shape[:2]
                layers += [nn.Conv2d(inner, out, 3, padding=1), nn.ReLU()]
            layers += [nn.BatchNorm2d(out), nn.MaxPool2d(2)]
        layers.append(nn.Flatten())
        for last in (False, False, True):
            layers.append(nn.Linear(*reversed(weights[f"network.{len(layers)}.weight"].shape)))
            if not last:
                layers.append(nn.ReLU())
        self.network = nn.Sequential(*layers)

    def forward(self, x):
        return None, self.network(x)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, weights, name, heads):
        super().__init__()
        hidden, width = weights[name + "mlp.fc1.weight"].shape
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def blocks(weights, name, heads):
    made = []
    while f"{name}{len(made)}.norm1.weight" in weights:
        made.append(Block(weights, f"{name}{len(made)}.", heads))
    return nn.Sequential(*made)


class Patches(nn.Module):
    def __init__(self, weights, name):
        super().__init__()
        width, channels, patch, _ = weights[name + "proj.weight"].shape
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, weights):
        super().__init__()
        width = weights["cls_token"].shape[2]
        self.cls_token = nn.Parameter(weights["cls_token"].clone())
        self.pos_embed = nn.Parameter(weights["pos_embed"].clone())
        self.patch_embed = Patches(weights, "patch_embed.")
        self.blocks = blocks(weights, "blocks.", width // 64)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(*reversed(weights["head.weight"].shape))

    def forward(self, x):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return None, self.head(x[:, 0])


class CrossAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.wq, self.wk, self.wv, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x):
        n, t, d = x.shape
        q = self.wq(x[:, :1]).reshape(n, 1, self.heads, d // self.heads).transpose(1, 2)
        k = self.wk(x).reshape(n, t, self.heads, d // self.heads).transpose(1, 2)
        v = self.wv(x).reshape(n, t, self.heads, d // self.heads).transpose(1, 2)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, 1, d))


class Fusion(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = CrossAttention(width, heads)

    def forward(self, x):
        return x[:, :1] + self.attn(self.norm1(x))


def projection(weights, name):
    to, width = weights[name + "2.weight"].shape
    return nn.Sequential(nn.LayerNorm(width, eps=1e-6), nn.GELU(), nn.Linear(width, to))


class MultiScale(nn.Module):
    def __init__(self, weights, name, heads):
        super().__init__()
        widths = [weights[f"cls_token.{b}"].shape[2] for b in (0, 1)]
        self.blocks = nn.ModuleList(blocks(weights, f"{name}blocks.{b}.", heads) for b in (0, 1))
        self.projs = nn.ModuleList(projection(weights, f"{name}projs.{b}.") for b in (0, 1))
        self.fusion = nn.ModuleList(Fusion(widths[1 - b], heads) for b in (0, 1))
        self.revert_projs = nn.ModuleList(projection(weights, f"{name}revert_projs.{b}.") for b in (0, 1))

    def forward(self, x):
        x = [self.blocks[b](x[b]) for b in (0, 1)]
        result = []
        for b in (0, 1):
            query = self.projs[b](x[b][:, :1])
            query = self.fusion[b](torch.cat([query, x[1 - b][:, 1:]], 1))
            result.append(torch.cat([self.revert_projs[b](query), x[b][:, 1:]], 1))
        return result


class CrossViT(nn.Module):
    def __init__(self, weights):
        super().__init__()
        heads = 3  # of crossvit-tiny
        self.cls_token = nn.ParameterList(weights[f"cls_token.{b}"].clone() for b in (0, 1))
        self.pos_embed = nn.ParameterList(weights[f"pos_embed.{b}"].clone() for b in (0, 1))
        self.patch_embed = nn.ModuleList(Patches(weights, f"patch_embed.{b}.") for b in (0, 1))
        self.sides = []
        for b in (0, 1):
            grid = round((weights[f"pos_embed.{b}"].shape[1] - 1) ** 0.5)
            self.sides.append(grid * weights[f"patch_embed.{b}.proj.weight"].shape[2])
        count = 0
        while any(name.startswith(f"blocks.{count}.") for name in weights):
            count += 1
        self.blocks = nn.ModuleList(MultiScale(weights, f"blocks.{k}.", heads) for k in range(count))
        self.norm = nn.ModuleList(nn.LayerNorm(weights[f"norm.{b}.weight"].shape[0], eps=1e-6) for b in (0, 1))
        self.head = nn.ModuleList(nn.Linear(*reversed(weights[f"head.{b}.weight"].shape)) for b in (0, 1))

    def forward(self, images):
        x = []
        for b in (0, 1):
            sized = images
            if images.shape[2] != self.sides[b]:
                sized = F.interpolate(images, (self.sides[b], self.sides[b]), mode="bicubic", align_corners=False)
            patches = self.patch_embed[b](sized)
            x.append(torch.cat([self.cls_token[b].expand(len(patches), -1, -1), patches], 1) + self.pos_embed[b])
        for block in self.blocks:
            x = block(x)
        return None, sum(self.head[b](self.norm[b](x[b])[:, 0]) for b in (0, 1)) / 2


PEERS = {"eac-compact": ResNet, "eac-resnet18": ResNet, "eac-resnet50": ResNet, "native-keras": NativeKeras,
         "native-torch": NativeTorch, "vit-tiny": VisionTransformer, "vit-small": VisionTransformer,
         "crossvit-tiny": CrossViT}


def peer(name, weights):
    """The network with these weights; fails where a weight is left over or missing."""
    net = PEERS[name](weights)
    left = net.load_state_dict(weights, strict=False)
    assert not left.unexpected_keys and all("running" in k or "tracked" in k for k in left.missing_keys), left
    return net
