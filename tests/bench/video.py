#!/usr/bin/env python3
"""Mien's frames against the ffmpeg command line and OpenCV's capture: CPU seconds (user and system), alternately.

    taskset -c 0 video.py PROGRAM VIDEO [--every 10 1] [--pairs 5] [--cv2 SCRIPT] [--python PYTHON]

PROGRAM is mien. Each way is given one thread and writes JPEG files to a memory disk: ffmpeg at its best step (2), OpenCV
as SCRIPT says, Mien at the least quality from 70 up at which its files' SSIM against the decoded frames is not below
theirs, so that nobody saves time by writing less. SCRIPT is called as PYTHON SCRIPT VIDEO FOLDER grab10 and writes every
tenth frame by OpenCV. Prints the median of the ratios of pairs: every tenth frame against both, every frame against ffmpeg.
"""
import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def ssim(folder, video, every):
    """Of the files of a folder, in the order of their names, against every N-th decoded frame."""
    names = sorted(os.listdir(folder))
    with tempfile.TemporaryDirectory() as links:
        for index, name in enumerate(names):
            os.symlink(os.path.join(os.path.abspath(folder), name), os.path.join(links, f"{index:06d}.jpg"))
        # JPEG is full range: both sides as that, so that only what coding lost is seen.
        said = subprocess.run(
            ["ffmpeg", "-hide_banner", "-nostdin", "-framerate", "25", "-i", os.path.join(links, "%06d.jpg"), "-i",
             video, "-lavfi", f"[1:v]select=not(mod(n\\,{every})),setpts=N/25/TB,scale=out_range=pc,format=yuvj420p[a];"
             "[0:v]setpts=N/25/TB,format=yuvj420p[b];[b][a]ssim", "-f", "null", "-"],
            check=True, capture_output=True, text=True).stderr
    return float(re.search(r"SSIM .*All:([0-9.]+)", said).group(1)), len(names)


class Ways:
    def __init__(self, wanted, every, folder):
        self.wanted, self.every, self.folder, self.quality = wanted, every, folder, 90

    def fresh(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        return self.folder

    def ours(self):
        return cpu_seconds([self.wanted.program, "frames", self.wanted.video, "--every-frames", str(self.every), "--out",
                            self.fresh(), "--quality", str(self.quality)])

    def ffmpeg(self):
        chosen = [] if self.every == 1 else ["-vf", f"select=not(mod(n\\,{self.every}))"]
        return cpu_seconds(["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", self.wanted.video, "-an", *chosen,
                            "-fps_mode", "passthrough", "-threads", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p",
                            "-q:v", "2", os.path.join(self.fresh(), "%06d.jpg")])

    def cv2(self):
        return cpu_seconds([self.wanted.python, self.wanted.cv2, self.wanted.video, self.fresh(), "grab10"])

    def ssim(self):
        return ssim(self.folder, self.wanted.video, self.every)

    def against(self, name, theirs):
        theirs()
        wanted, frames = self.ssim()
        found = {}  # SSIM by quality, with which it rises
        low, high = 70, 100
        while low < high or high not in found:
            self.quality = (low + high) // 2
            self.ours()
            found[self.quality], count = self.ssim()
            if count != frames:
                sys.exit(f"Mien wrote {count} frames, {name} {frames}.")
            if found[self.quality] >= wanted:
                high = self.quality
            elif self.quality == high:
                sys.exit(f"Mien's SSIM {found[high]:.5f} at quality {high} is less than {wanted:.5f} of {name}.")
            else:
                low = self.quality + 1
        self.quality, ours = high, found[high]
        times = [(self.ours(), theirs()) for _ in range(self.wanted.pairs)]  # both are warm
        which = "every frame" if self.every == 1 else f"every {self.every}th frame"
        print(f"{which}, Mien / {name}: {frames} frames, SSIM {ours:.5f} (quality {self.quality}) / {wanted:.5f}, "
              f"{statistics.median(a for a, _ in times):.2f} s / {statistics.median(b for _, b in times):.2f} s = "
              f"{statistics.median(a / b for a, b in times):.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("video")
    parser.add_argument("--every", type=int, nargs="+", default=[10, 1], help="which frames are written")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cv2", help="a script that writes every tenth frame by OpenCV's capture")
    parser.add_argument("--python", default=sys.executable, help="that has OpenCV")
    wanted = parser.parse_args()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        for every in wanted.every:
            ways = Ways(wanted, every, os.path.join(folder, "frames"))
            ways.against("ffmpeg", ways.ffmpeg)
            if every == 10 and wanted.cv2:
                ways.against("OpenCV", ways.cv2)


if __name__ == "__main__":
    main()
