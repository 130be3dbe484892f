// CPU time and recall of tracked faces against faces detected in each frame, on one thread:
//     bench_tracking [--min-face PX] [--every N] [--pairs N] [--whole-every N] VIDEO…
// Both see the same decoded pixels; only the search is timed, in turns. A face of the plain detection counts as found
// where a tracked one overlaps it by half (intersection over union). The weights are the installed ones.

#include "pipeline/face/box_overlap.h"
#include "pipeline/face/face_tracker.h"
#include "pipeline/face/upright_box.h"
#include "pipeline/video/video.h"
#include "tests/support/cpu_seconds.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Wanted
{
    double minFacePx = 64;
    int every = 1, pairs = 5;
    TrackingSettings tracking;
};

/// What one pass over a video cost and found.
struct Pass
{
    double plainS = 0, trackedS = 0;
    int frames = 0, whole = 0, faces = 0, found = 0, trackedFaces = 0;
    std::set<int> tracks;
};

Result<Pass> passOver(const std::string &path, const FaceFinder &finder, const Wanted &wanted)
{
    const auto module = video();
    if (!module)
        return fail(module.error());
    const auto reader = (*module)->open(path);
    if (!reader)
        return fail(reader.error());
    FaceTracker tracker(finder, wanted.tracking);
    Pass pass;
    for (int index = 0;; ++index) {
        const auto frame = (*reader)->next();
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            return pass;
        if (index % wanted.every != 0)
            continue;
        auto stored = (*reader)->picture();
        if (!stored)
            return fail(stored.error());
        stored->orientation = (*reader)->facts().orientation;
        const Picture picture = turnedUpright(*stored, 0);

        const double begin = cpuSeconds();
        const auto plain = finder.find(picture);
        const double between = cpuSeconds();
        const auto tracked = tracker.next(picture, (*frame)->timeS);
        const double end = cpuSeconds();
        if (!plain || !tracked)
            return fail(plain ? tracked.error() : plain.error());
        pass.plainS += between - begin;
        pass.trackedS += end - between;
        ++pass.frames;
        pass.whole += !tracked->empty() && tracked->front().isSearchedWhole;
        pass.faces += int(plain->size());
        pass.trackedFaces += int(tracked->size());
        for (const FoundFace &face : *plain)
            pass.found += std::any_of(tracked->begin(), tracked->end(), [&](const TrackedFace &other) {
                return overlapOf(face.box, other.face.box) >= 0.5;
            });
        for (const TrackedFace &face : *tracked)
            pass.tracks.insert(face.track);
    }
}

} // namespace

int main(int argc, char **argv)
{
    Wanted wanted;
    std::vector<std::string> videos;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const double value = i + 1 < argc ? std::atof(argv[i + 1]) : 0;
        if (argument.starts_with("--") && value < 1) {
            std::fprintf(stderr, "%s needs a number of at least 1.\n", argv[i]);
            return 2;
        }
        if (argument == "--min-face")
            wanted.minFacePx = value;
        else if (argument == "--every")
            wanted.every = int(value);
        else if (argument == "--pairs")
            wanted.pairs = int(value);
        else if (argument == "--whole-every")
            wanted.tracking.wholeEvery = int(value);
        else
            videos.push_back(argument);
        i += argument.starts_with("--");
    }
    if (videos.empty()) {
        std::fprintf(stderr, "bench_tracking [--min-face PX] [--every N] [--pairs N] [--whole-every N] VIDEO…\n");
        return argc == 1 ? 0 : 2; // ./dev bench runs it without
    }
    const auto finder = FaceFinder::mtcnn(wanted.minFacePx);
    if (!finder) {
        std::fprintf(stderr, "%s\n", finder.error().message.c_str());
        return 1;
    }
    for (const std::string &path : videos) {
        std::vector<double> ratios;
        Pass pass;
        for (int i = 0; i < wanted.pairs; ++i) {
            const auto done = passOver(path, *finder, wanted);
            if (!done) {
                std::fprintf(stderr, "%s: %s\n", path.c_str(), done.error().message.c_str());
                return 1;
            }
            pass = *done;
            ratios.push_back(pass.trackedS / pass.plainS);
        }
        std::printf("%s: %d frames (%d whole), %.1f ms / %.1f ms a frame = %.3f, faces %d, found %d = %.4f, tracked %d "
                    "in %zu tracks\n",
                    path.c_str(), pass.frames, pass.whole, 1e3 * pass.trackedS / pass.frames,
                    1e3 * pass.plainS / pass.frames, median(ratios), pass.faces, pass.found,
                    pass.faces > 0 ? double(pass.found) / pass.faces : 1.0, pass.trackedFaces, pass.tracks.size());
        std::fflush(stdout);
    }
}
