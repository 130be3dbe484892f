#!/usr/bin/env python3
"""Mien's face detector against facenet-pytorch, alternately, on the same pixels and one CPU thread.

    taskset -c 0 detect.py PROGRAM PICTURE… [--longest 640] [--pairs 5]

PROGRAM is bench_detect. Prints for each picture the faces of both, how far their boxes, scores and landmarks are apart
and each CPU time, and in the end the ratio of the sums. Needs facenet-pytorch with torch and torchvision, and Pillow.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"


def theirs(detector, pixels):
    import torch
    from facenet_pytorch.models.utils.detect_face import detect_face
    begin = time.process_time()
    with torch.no_grad():
        boxes, points = detect_face(pixels, detector.min_face_size, detector.pnet, detector.rnet, detector.onet,
                                    detector.thresholds, detector.factor, detector.device)
    seconds = time.process_time() - begin
    faces = [[*map(float, box), *map(float, point.flatten())] for box, point in zip(boxes[0], points[0])]
    return seconds * 1e3, faces


def ours(program, picture):
    return json.loads(subprocess.run([program, "1", picture, picture], check=True, capture_output=True,
                                     text=True).stdout.splitlines()[1])  # the second is warm


def apart(first, second):
    """Largest differences of corners, scores and landmarks, each face against the one that lies nearest."""
    most = [0.0, 0.0, 0.0]
    for face in first:
        near = min(second, key=lambda other: sum(abs(a - b) for a, b in zip(face[:4], other[:4])))
        for i, part in enumerate((slice(0, 4), slice(4, 5), slice(5, 15))):
            most[i] = max([most[i]] + [abs(a - b) for a, b in zip(face[part], near[part])])
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--longest", type=int, default=640)
    parser.add_argument("--pairs", type=int, default=5)
    wanted = parser.parse_args()

    import numpy
    import torch
    from facenet_pytorch import MTCNN
    from PIL import Image, ImageOps
    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, device="cpu")
    sums = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted.pictures:
            picture = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
            picture.thumbnail((wanted.longest, wanted.longest), Image.BILINEAR)
            path = os.path.join(folder, "picture.ppm")
            picture.save(path)
            pixels = numpy.array(picture)
            best = [float("inf"), float("inf")]
            for _ in range(wanted.pairs):
                mine = ours(wanted.program, path)
                ms, faces = theirs(detector, pixels)
                best = [min(best[0], mine["cpu_ms"]), min(best[1], ms)]
            same = len(mine["faces"]) == len(faces)
            box, score, points = apart(faces, mine["faces"]) if same else (float("nan"),) * 3
            sums = [a + b for a, b in zip(sums, best)]
            print(f"{os.path.basename(name)} {picture.width}x{picture.height}: faces {len(mine['faces'])} {len(faces)}, "
                  f"apart {box:.5f} px {score:.6f} {points:.5f} px, {best[0]:.1f} ms / {best[1]:.1f} ms = "
                  f"{best[0] / best[1]:.3f}", flush=True)
    print(f"all: {sums[0]:.1f} ms / {sums[1]:.1f} ms = {sums[0] / sums[1]:.3f}")


if __name__ == "__main__":
    main()
