#include "pipeline/video/media_probe.h"
#include "studio/cli/command_table.h"
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
    if (facts.isMirrored)
        text += ", mirrored";
    if (facts.rotationDegrees != 0)
        text += ", to be turned " + std::to_string(facts.rotationDegrees) + " degrees clockwise";
    if (facts.durationS > 0)
        text += ", " + rounded(facts.durationS, "s");
    if (withFrames && facts.kind == MediaFacts::Kind::Video) {
        text += ", " + grouped(std::int64_t(facts.ptsS.size())) + " frames";
        if (!facts.ptsS.empty())
            text += " from " + std::to_string(facts.ptsS.front()) + " to " + std::to_string(facts.ptsS.back()) + " s";
        if (facts.lostPackets > 0)
            text += ", " + grouped(facts.lostPackets) + " packets lost";
        if (facts.damagedFrames > 0)
            text += ", " + grouped(facts.damagedFrames) + " frames damaged";
        if (!facts.endedEarly.empty())
            text += ", ends early (" + facts.endedEarly + ")";
    }
    return text;
}

int runProbe(Session &session, const ProbeOptions &options)
{
    JsonLines &out = session.out();
    out.setUnit("frame");
    out.countItems(std::int64_t(options.files.size()));
    std::vector<ItemProblem> problems;
    std::vector<json> results;
    std::optional<Error> first;
    for (const std::string &file : options.files) {
        const auto facts = probeMedia(file, options.withFrames, session.job());
        if (!facts) {
            if (facts.error().code == ErrorCode::Cancelled)
                return out.failed(facts.error());
            if (!first)
                first = facts.error();
            problems.push_back(
                {.reason = facts.error().code == ErrorCode::NotFound ? "MISSING_FILE" : "UNREADABLE_FILE",
                 .key = file,
                 .file = file,
                 .detail = facts.error().message});
            continue;
        }
        out.print(sentence(file, *facts, options.withFrames));
        results.push_back(resultOf(file, *facts, options.withFrames));
    }
    const auto reported = session.writeReport(problems);
    if (results.empty())
        return out.failed(*first);
    for (const ItemProblem &problem : problems)
        out.problem(problem, /*skipped=*/true);
    // One result a file; the last one ends the command.
    for (std::size_t i = 0; i + 1 < results.size(); ++i)
        out.event(results[i]);
    return out.done(results.back(), reported);
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
