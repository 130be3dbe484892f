#include "pipeline/video/media_probe.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <cstdio>
#include <memory>

namespace mien {

namespace {

using nlohmann::json;

struct ProbeOptions
{
    std::vector<std::string> files;
    bool withFrames = false;
};

json resultOf(const std::string &file, const MediaFacts &facts, bool withFrames)
{
    const bool isVideo = facts.kind == MediaFacts::Kind::Video;
    json result{{"event", "result"},
                {"file", file},
                {"kind", isVideo ? "video" : "image"},
                {"codec", facts.codec},
                {"width", facts.widthPx},
                {"height", facts.heightPx},
                {"rotation", facts.rotationDegrees}};
    if (!isVideo) {
        result["mirrored"] = facts.isMirrored;
        result["animated"] = facts.isAnimated;
        return result;
    }
    result["container"] = facts.container;
    result["duration_s"] = facts.durationS > 0 ? json(facts.durationS) : json();
    result["frames_per_s"] = facts.framesPerS > 0 ? json(facts.framesPerS) : json();
    if (withFrames) {
        result["frames"] = facts.ptsS.size();
        result["pts_s"] = facts.ptsS;
        result["lost_packets"] = facts.lostPackets;
        result["damaged_frames"] = facts.damagedFrames;
        if (!facts.endedEarly.empty())
            result["ended_early"] = facts.endedEarly;
    }
    return result;
}

std::string rounded(double value, const char *unit)
{
    char text[48];
    std::snprintf(text, sizeof text, "%.3f %s", value, unit);
    return value > 0 ? text : "";
}

std::string sentence(const std::string &file, const MediaFacts &facts, bool withFrames)
{
    std::string text = file + ": " + facts.codec + (facts.kind == MediaFacts::Kind::Video ? " video, " : " picture, ") +
                       std::to_string(facts.widthPx) + " x " + std::to_string(facts.heightPx);
    if (facts.isAnimated)
        text += facts.codec == "webp"
                    ? ", animated (other commands do not read it; save it as a still picture or as a video)"
                    : ", animated (other commands read its first picture; mien extract looks at the frames of a video)";
    if (facts.isMirrored)
        text += ", mirrored";
    if (facts.rotationDegrees != 0)
        text += ", to be turned " + std::to_string(facts.rotationDegrees) + " degrees clockwise";
    if (facts.durationS > 0)
        text += ", " + rounded(facts.durationS, "s");
    if (withFrames && facts.kind == MediaFacts::Kind::Video) {
        text += ", " + counted(std::int64_t(facts.ptsS.size()), "frame");
        if (!facts.ptsS.empty())
            text += " from " + std::to_string(facts.ptsS.front()) + " to " + std::to_string(facts.ptsS.back()) + " s";
        if (!facts.loss.empty())
            text += "; " + facts.loss;
    }
    return text;
}

int runProbe(Session &session, const ProbeOptions &options)
{
    JsonLines &out = session.out();
    out.setUnit("frame");
    out.countItems(std::int64_t(options.files.size()));
    std::vector<ItemProblem> problems;
    std::optional<json> newest; // one result a file; the last one ends the command
    std::optional<Error> ended;
    for (const std::string &file : options.files) {
        const auto facts = probeMedia(file, options.withFrames, session.job());
        if (!facts && facts.error().code == ErrorCode::Cancelled) {
            ended = facts.error();
            break;
        }
        if (!facts) {
            problems.push_back({.reason = videoProblem(file, facts.error()),
                                .key = file,
                                .file = file,
                                .detail = facts.error().message});
            continue;
        }
        out.print(sentence(file, *facts, options.withFrames));
        if (newest)
            out.event(*newest);
        newest = resultOf(file, *facts, options.withFrames);
    }
    const auto reported = session.writeReport(problems);
    if (!newest && !ended && problems.size() == 1) // said once, as the end of the command
        return out.failed({ErrorCode::Unreadable, problems.front().detail});
    for (const ItemProblem &problem : problems)
        out.problem(problem, /*skipped=*/true);
    if (ended && newest)
        out.event(*newest);
    if (ended)
        return out.failed(*ended);
    if (!newest)
        return out.failed({ErrorCode::Unreadable, "None of the files could be read; " + problems.front().detail});
    return out.done(*newest, reported);
}

} // namespace

Command probeCommand()
{
    return {
        .name = "probe", .summary = "What a picture or video file holds", .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<ProbeOptions>();
            options.texts("FILE", "FILE", wanted->files, "Pictures and videos").required();
            options.flag("--frames", wanted->withFrames, "Decode all of a video and give the time of every frame");
            return [wanted](Session &session) { return runProbe(session, *wanted); };
        }};
}

} // namespace mien
