// CPU time and recall of tracked faces against faces detected in each frame, on one thread:
//     bench_tracking [--min-face PX] [--every N] [--pairs N] [--whole-every N] [--skip N] [--missed] VIDEO…
// --skip leaves out the first N frames, which moves the frames that are searched whole; --missed lists each face that
// only one of both finds.
// Both see the same decoded pixels; only the search is timed, in turns. A box of the plain detection counts as found
// where a tracked one overlaps it by half (intersection over union). Plain detection draws two boxes over some heads:
// boxes that overlap a surer one by more than 0.3 are of one head with it, which is found where one of its boxes is.
// The weights are the installed ones.

#include "pipeline/face/box_overlap.h"
#include "pipeline/face/face_tracker.h"
#include "pipeline/face/upright_box.h"
#include "pipeline/video/video.h"
#include "tests/support/cpu_seconds.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using namespace mien;
using mien::test::cpuSeconds;

namespace {

constexpr double sameHeadOverlap = 0.3;

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Wanted
{
    double minFacePx = 64;
    int every = 1, pairs = 5, skip = 0;
    bool listsMissed = false;
    TrackingSettings tracking;
};

/// What one pass over a video cost and found.
struct Pass
{
    double plainS = 0, trackedS = 0;
    int frames = 0, whole = 0, trackedFaces = 0, extra = 0;
    int boxes = 0, foundBoxes = 0, heads = 0, foundHeads = 0; ///< Of the plain detection.
    std::set<int> tracks;
};

double share(int part, int of)
{
    return of > 0 ? double(part) / of : 1;
}

/// Whose head each face shows, as the index of the surest face of that head.
std::vector<std::size_t> headsOf(const std::vector<FoundFace> &faces)
{
    std::vector<std::size_t> surest(faces.size()), heads(faces.size());
    std::iota(surest.begin(), surest.end(), 0);
    std::stable_sort(surest.begin(), surest.end(),
                     [&](std::size_t a, std::size_t b) { return faces[a].probability > faces[b].probability; });
    for (std::size_t i = 0; i < surest.size(); ++i) {
        const auto surer = std::find_if(surest.begin(), surest.begin() + std::ptrdiff_t(i), [&](std::size_t other) {
            return overlapOf(faces[surest[i]].box, faces[other].box) > sameHeadOverlap;
        });
        heads[surest[i]] = *surer == surest[i] ? surest[i] : heads[*surer];
    }
    return heads;
}

/// @param plain  found in the same frame by a search of its own
void compare(const FollowedFrame &followed, const std::vector<FoundFace> &plain, bool listsMissed, Pass &pass)
{
    const int index = pass.frames++;
    pass.whole += followed.isSearchedWhole;
    pass.boxes += int(plain.size());
    pass.trackedFaces += int(followed.faces.size());
    const auto heads = headsOf(plain);
    std::set<std::size_t> foundHeads;
    for (std::size_t f = 0; f < plain.size(); ++f) {
        const FoundFace &face = plain[f];
        const bool isFound = std::any_of(followed.faces.begin(), followed.faces.end(), [&](const TrackedFace &other) {
            return overlapOf(face.box, other.face.box) >= 0.5;
        });
        pass.foundBoxes += isFound;
        if (isFound)
            foundHeads.insert(heads[f]);
        else if (listsMissed)
            std::printf("missed in frame %d (%s): %.0f x %.0f at (%.0f, %.0f), %.3f%s\n", index,
                        followed.isSearchedWhole ? "whole" : "near", face.box.width, face.box.height, face.box.x,
                        face.box.y, face.probability, heads[f] == f ? "" : ", second box of a head");
    }
    pass.heads += int(std::set(heads.begin(), heads.end()).size());
    pass.foundHeads += int(foundHeads.size());
    for (const TrackedFace &face : followed.faces) {
        const bool isExtra = std::none_of(plain.begin(), plain.end(), [&](const FoundFace &other) {
            return overlapOf(face.face.box, other.box) >= 0.5;
        });
        pass.extra += isExtra;
        if (isExtra && listsMissed)
            std::printf("extra in frame %d: %.0f x %.0f at (%.0f, %.0f), %.3f track %d\n", index, face.face.box.width,
                        face.face.box.height, face.face.box.x, face.face.box.y, face.face.probability, face.track);
        pass.tracks.insert(face.track);
    }
}

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
    std::deque<std::vector<FoundFace>> plain; // of the frames that the tracker holds back
    for (int index = 0;; ++index) {
        const auto frame = (*reader)->next();
        if (!frame)
            return fail(frame.error());
        if (*frame && (index < wanted.skip || index % wanted.every != 0))
            continue;
        std::vector<FollowedFrame> followed;
        if (*frame) {
            auto stored = (*reader)->picture();
            if (!stored)
                return fail(stored.error());
            stored->orientation = (*reader)->facts().orientation;
            const auto picture = std::make_shared<const Picture>(turnedUpright(*stored, 0));

            const double begin = cpuSeconds();
            auto found = finder.find(*picture);
            const double between = cpuSeconds();
            auto settled = tracker.next(picture, (*frame)->timeS);
            const double end = cpuSeconds();
            if (!found || !settled)
                return fail(found ? settled.error() : found.error());
            plain.push_back(std::move(*found));
            followed = std::move(*settled);
            pass.plainS += between - begin;
            pass.trackedS += end - between;
        } else {
            followed = tracker.rest();
        }
        for (const FollowedFrame &one : followed) {
            compare(one, plain.front(), wanted.listsMissed, pass);
            plain.pop_front();
        }
        if (!*frame)
            return pass;
    }
}

} // namespace

int main(int argc, char **argv)
{
    Wanted wanted;
    std::vector<std::string> videos;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--missed") {
            wanted.listsMissed = true;
            continue;
        }
        const double value = i + 1 < argc ? std::atof(argv[i + 1]) : 0;
        if (argument.starts_with("--") && value < 1) {
            std::fprintf(stderr, "%s needs a number of at least 1.\n", argv[i]);
            return 2;
        }
        if (argument == "--min-face")
            wanted.minFacePx = value;
        else if (argument == "--every")
            wanted.every = int(value);
        else if (argument == "--skip")
            wanted.skip = int(value);
        else if (argument == "--pairs")
            wanted.pairs = int(value);
        else if (argument == "--whole-every")
            wanted.tracking.wholeEvery = int(value);
        else
            videos.push_back(argument);
        i += argument.starts_with("--");
    }
    if (videos.empty()) {
        std::fprintf(
            stderr,
            "bench_tracking [--min-face PX] [--every N] [--pairs N] [--whole-every N] [--skip N] [--missed] VIDEO…\n");
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
        std::printf(
            "%s: %d frames (%d whole), %.1f ms / %.1f ms a frame = %.3f\n"
            "    recall of boxes %d / %d = %.4f, of heads %d / %d = %.4f, tracked %d (extra %d) in %zu tracks\n",
            path.c_str(), pass.frames, pass.whole, 1e3 * pass.trackedS / pass.frames, 1e3 * pass.plainS / pass.frames,
            median(ratios), pass.foundBoxes, pass.boxes, share(pass.foundBoxes, pass.boxes), pass.foundHeads,
            pass.heads, share(pass.foundHeads, pass.heads), pass.trackedFaces, pass.extra, pass.tracks.size());
        std::fflush(stdout);
    }
}
