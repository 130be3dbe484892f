#!/usr/bin/env python3
"""dlib's HOG face detector in Mien's module against dlib itself, alternately, on the same pixels and one CPU thread.

    taskset -c 0 hog.py PROGRAM PICTURE… [--longest 640] [--rounds 5]

PROGRAM is bench_hog. Compiles peer_dlib_hog.cpp twice, as dlib with AVX2 and by the flags of a distribution's build,
and prints for each picture (or the frame at 1 s of a video) the faces of all three, whether their boxes are equal (to
a pixel), the medians of the rounds and their ratios, and in the end those of the sums. Needs g++, dlib and ffmpeg.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_dlib_hog.cpp")
FLAGS = {"avx2": ["-O3", "-mavx2", "-mfma"], "distribution": ["-O2"]}


def compiled(folder, name):
    program = os.path.join(folder, name)
    subprocess.run(["g++", "-std=c++17", *FLAGS[name], SOURCE, "-ldlib", "-l:liblapack.so.3", "-l:libblas.so.3", "-o",
                    program], check=True)
    return program


def grey(source, folder, longest):
    path = os.path.join(folder, "picture.pgm")
    begin = ["-ss", "1"] if source.endswith((".mp4", ".mov", ".mkv", ".webm", ".avi")) else []
    scale = f"scale=w='min({longest},iw)':h='min({longest},ih)':force_original_aspect_ratio=decrease"
    subprocess.run(["ffmpeg", "-v", "error", "-y", *begin, "-i", source, "-frames:v", "1", "-vf", scale, "-pix_fmt",
                    "gray", path], check=True)
    return path


def run(program, picture):
    return json.loads(subprocess.run([program, "3", picture], check=True, capture_output=True, text=True).stdout)


def are_same(first, second):
    """Each box has an equal one, to a pixel."""
    return len(first) == len(second) and all(
        any(max(abs(a - b) for a, b in zip(face[:4], other[:4])) <= 1 for other in second) for face in first)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--longest", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    sums = {"mien": 0.0, "avx2": 0.0, "distribution": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        programs = {"mien": wanted.program, **{name: compiled(folder, name) for name in FLAGS}}
        for source in wanted.pictures:
            picture = grey(source, folder, wanted.longest)
            ms, faces = {name: [] for name in programs}, {}
            for _ in range(wanted.rounds):
                for name, program in programs.items():
                    answer = run(program, picture)
                    ms[name].append(answer["cpu_ms"])
                    faces[name] = answer["faces"]
            median = {name: statistics.median(times) for name, times in ms.items()}
            for name in sums:
                sums[name] += median[name]
            same = all(are_same(faces["mien"], faces[name]) for name in FLAGS)
            print(f"{os.path.basename(source)}: faces {len(faces['mien'])}, boxes {'equal' if same else 'DIFFER'}, "
                  f"{median['mien']:.1f} ms; of dlib with AVX2 {median['mien'] / median['avx2']:.3f}, of a "
                  f"distribution's {median['mien'] / median['distribution']:.3f}", flush=True)
    print(f"all: {sums['mien']:.1f} ms; of dlib with AVX2 {sums['mien'] / sums['avx2']:.3f}, of a distribution's "
          f"{sums['mien'] / sums['distribution']:.3f}")


if __name__ == "__main__":
    main()
