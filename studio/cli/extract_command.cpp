#include "pipeline/jobs/extract_job.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/project.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::optional<double> everyS, marginS, minFacePx;
    std::int64_t everyFrames = 0, perVideo = 0, maxPerVideo = -1, sidePx = 0, threads = 0;
    bool scenes = false;
    std::string detector, faces, align, rotation, filter, states = "0,10";
    std::vector<std::string> leaveOut, gates, turns;
};

template <typename Value, std::size_t count>
void choose(Value &value, const std::string &name, const std::array<Value, count> &values)
{
    for (const Value one : values)
        if (nameOf(one) == name)
            value = one;
}

/// What a person said in place of the recipe.
ExtractionSettings changed(ExtractionSettings settings, const Wanted &wanted, const std::vector<FaceGate> &gates)
{
    FrameSampling &sampling = settings.sampling;
    if (wanted.everyS) {
        sampling.way = FrameSampling::Way::EverySeconds;
        sampling.everyS = *wanted.everyS;
    } else if (wanted.everyFrames > 0) {
        sampling.way = FrameSampling::Way::EveryFrames;
        sampling.everyFrames = int(wanted.everyFrames);
    } else if (wanted.scenes) {
        sampling.way = FrameSampling::Way::Scenes;
    } else if (wanted.perVideo > 0) {
        sampling.way = FrameSampling::Way::PerVideo;
        sampling.count = int(wanted.perVideo);
    }
    if (sampling.way != FrameSampling::Way::PerVideo)
        sampling.marginS = 0; // the margin belongs to the recipe of frames per video
    sampling.marginS = wanted.marginS.value_or(sampling.marginS);
    if (wanted.maxPerVideo >= 0)
        sampling.maxPerVideo = int(wanted.maxPerVideo);
    settings.minFacePx = wanted.minFacePx.value_or(settings.minFacePx);
    if (wanted.sidePx > 0)
        settings.sidePx = int(wanted.sidePx);
    choose(settings.detector, wanted.detector, allDetectors);
    choose(settings.faces, wanted.faces, allFaces);
    choose(settings.align, wanted.align, allAligns);
    choose(settings.rotation, wanted.rotation, allRotations);
    settings.gates = gates;
    return settings;
}

/// "0,10" as a set; empty when it holds anything but 0, 5 and 10.
std::set<std::string> statesIn(const std::string &text)
{
    std::set<std::string> states;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        if (part != "0" && part != "5" && part != "10")
            return {};
        states.insert(part);
    }
    return states;
}

/// How a file lies, as somebody says: "phone/10.mp4=90".
struct SaidTurn
{
    std::string source;
    std::optional<int> deg; ///< Empty: auto.
};

std::optional<SaidTurn> turnIn(const std::string &text)
{
    static const std::map<std::string, std::optional<int>> known = {
        {"auto", std::nullopt}, {"0", 0}, {"90", 90}, {"180", 180}, {"270", 270}};
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0)
        return std::nullopt;
    const auto degrees = known.find(text.substr(equals + 1));
    return degrees == known.end() ? std::nullopt : std::optional(SaidTurn{text.substr(0, equals), degrees->second});
}

/// Keeps them with the project. NotFound, Invalid: no or several files have such a name; then none is kept.
Result<> keepTurns(Project &project, const std::vector<SaidTurn> &turns)
{
    if (turns.empty())
        return {};
    const auto media = extractableMedia(project);
    if (!media)
        return fail(media.error());
    std::vector<std::pair<MediaId, std::optional<int>>> found;
    for (const SaidTurn &turn : turns) {
        const std::size_t before = found.size();
        for (const ExtractableMedia &one : *media)
            if (one.source == turn.source)
                found.emplace_back(one.media.id, turn.deg);
        if (found.size() == before)
            return fail(ErrorCode::NotFound, "--turn: the project holds no file \"" + turn.source +
                                                 "\"; name it as the report does, by its path below the imported "
                                                 "folder.");
        if (found.size() > before + 1)
            return fail(ErrorCode::Invalid, "--turn: several files of the project are called \"" + turn.source +
                                                "\", of different imports; turn them in the window.");
    }
    for (const auto &[id, deg] : found)
        if (const auto kept = setTurn(project, id, deg); !kept)
            return kept;
    return {};
}

std::string summaryOf(const ExtractReport &report)
{
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f s", report.seconds);
    std::string text = "Looked at " + grouped(report.frames) + (report.frames == 1 ? " frame of " : " frames of ") +
                       grouped(report.media) + (report.media == 1 ? " file: " : " files: ") + grouped(report.faces) +
                       (report.faces == 1 ? " face, " : " faces, ") + grouped(report.crops) +
                       (report.crops == 1 ? " crop in " : " crops in ") + seconds + ".";
    if (report.noFace > 0)
        text += "\nNo face was found " + grouped(report.noFace) + (report.noFace == 1 ? " time." : " times.");
    for (const auto &[gate, count] : report.gatedBy)
        text += "\n" + grouped(count) + (count == 1 ? " face was" : " faces were") + " left out by " + gate + ".";
    if (report.unchanged > 0)
        text += "\n" + grouped(report.unchanged) + (report.unchanged == 1 ? " file was" : " files were") +
                " done before with the same settings.";
    return text;
}

int runExtract(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const int ways =
        int(wanted.everyS.has_value()) + int(wanted.everyFrames > 0) + int(wanted.perVideo > 0) + int(wanted.scenes);
    if (ways > 1)
        return out.wrongUsage("--every, --every-frames, --per-video and --scenes exclude each other.");
    ExtractRequest request{.filter = wanted.filter, .utaRlddStates = statesIn(wanted.states)};
    if (request.utaRlddStates.empty())
        return out.wrongUsage("--states: '" + wanted.states + "' is not a list of 0, 5 and 10, e.g. 0,10.");
    std::vector<FaceGate> gates;
    for (const std::string &text : wanted.gates) {
        auto gate = FaceGate::of(text);
        if (!gate)
            return out.wrongUsage("--gate: " + gate.error().message);
        gates.push_back(std::move(*gate));
    }
    std::vector<SaidTurn> turns;
    for (const std::string &text : wanted.turns) {
        auto turn = turnIn(text);
        if (!turn)
            return out.wrongUsage("--turn is written FILE=DEGREES, e.g. --turn 01/10.mp4=90, with 0, 90, 180, 270 or "
                                  "auto; \"" +
                                  text + "\" is not.");
        turns.push_back(std::move(*turn));
    }
    request.settings = [&](std::string_view importer) { return changed(recipeOf(importer), wanted, gates); };
    request.leaveOut = {wanted.leaveOut.begin(), wanted.leaveOut.end()};
    request.threads = int(wanted.threads);
    request.onTally = [&out](const ExtractTally &tally) {
        json figures = {{"faces", tally.faces}, {"failed", tally.failures}};
        if (tally.frames > 0)
            figures["faces_per_frame"] = std::round(100.0 * double(tally.faces) / double(tally.frames)) / 100;
        out.setProgressFigures(std::move(figures));
    };
    auto project = session.openProject(Project::Access::Write);
    if (!project)
        return out.failed(project.error());
    if (const auto begun = session.beginJob(*project, "frame"); !begun)
        return out.failed(begun.error());
    if (const auto kept = keepTurns(*project, turns); !kept)
        return out.failed(kept.error());
    std::vector<std::string> shortened; // margins, video by video
    const auto listener = [&](const Problem &problem) {
        const ItemProblem told{problem.reason, problem.key, problem.file, problem.line, problem.detail};
        if (problem.reason == "MARGIN_SHORTENED") {
            out.note(told);
            shortened.push_back(problem.file + ": " + problem.detail);
        } else if (severityOf(problem) == Severity::Skip) {
            out.problem(told, false);
        }
    };
    const auto report = extractFaces(*project, request, session.job(), listener);
    if (!report)
        return out.refused(report.error());
    out.print(summaryOf(*report));
    for (const auto &[reason, count] : report->problems)
        out.print(reason + ": " + grouped(count));
    for (const std::string &video : shortened)
        out.print(video);
    out.countItems(report->media);
    if (const auto &first = report->firstSkipped)
        out.countSkipped(report->skipped, first->file, first->reason);
    json folders = json::array();
    for (const auto &folder : report->folders)
        folders.push_back(folder.string());
    const auto copied = session.reportPath().empty() ? Result<>() : report->copyProblems(session.reportPath());
    return out.done({{"media", report->media},
                     {"unchanged", report->unchanged},
                     {"frames", report->frames},
                     {"faces", report->faces},
                     {"crops", report->crops},
                     {"no_face", report->noFace},
                     {"gated", report->gated},
                     {"gated_by", report->gatedBy},
                     {"skipped", report->skipped},
                     {"problems", report->problems},
                     {"seconds", report->seconds},
                     {"folders", folders}},
                    copied);
}

} // namespace

Command extractCommand()
{
    return {.name = "extract",
            .summary = "Find faces in videos and pictures, align them and cut them out",
            .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.real("--every", "S", wanted->everyS, 0.001, 1e6, "A frame every S seconds");
                options.whole("--every-frames", "N", wanted->everyFrames, 1, INT32_MAX, "Every Nth frame");
                options.whole("--per-video", "N", wanted->perVideo, 1, 1'000'000,
                              "N frames a video, at the midpoints of equal parts (31)");
                options.flag("--scenes", wanted->scenes, "The first frame of every scene");
                options.whole("--max-per-video", "M", wanted->maxPerVideo, 0, INT32_MAX,
                              "At most M frames a video, spread over it (0: no limit)");
                options.real("--margin", "S", wanted->marginS, 0, 1e6,
                             "Leave out S seconds at both ends (5 with frames per video, else 0)");
                options.choice("--detector", wanted->detector, {"mtcnn", "dlib-hog", "none"},
                               "What finds faces; dlib-hog: faster where they are large and frontal; none: the whole "
                               "picture is one");
                options.real("--min-face", "PX", wanted->minFacePx, 8, 10000,
                             "Smallest face that is looked for (64, in pictures 40)");
                options.choice("--faces", wanted->faces, {"largest", "all", "central", "box"},
                               "Which faces; box: the one nearest to the label's own box");
                options.choice("--align", wanted->align, {"5", "68", "none"},
                               "5: by eyes, nose and mouth; 68: by those of 68 landmarks, whose model (libdlib-data) "
                               "excludes commercial use; none: an upright square around the box");
                options.choice("--rotation", wanted->rotation, {"auto", "0", "90", "180", "270"},
                               "Degrees clockwise; auto: as it is, and turned where its faces clearly lie on the side");
                options.texts(
                    "--turn", "FILE=DEGREES", wanted->turns,
                    "How one file lies, whatever --rotation says: 0, 90, 180, 270 clockwise or auto; kept with "
                    "the project");
                options.texts("--gate", "LIMIT", wanted->gates,
                              "Only faces that pass it become samples, e.g. quality.blur>=40 or quality.yaw<=30; may "
                              "be given again");
                options.whole("--size", "PX", wanted->sidePx, 16, 1024, "Side of the crops (224)");
                options.whole("--jobs", "N", wanted->threads, 1, 1024, "Files at a time; default: one a processor");
                options.text("--states", "LIST", wanted->states, "Recordings of UTA-RLDD to sample (0,10)");
                options.text("--filter", "EXPR", wanted->filter, "Only files that match; videos by their own facts");
                options.texts("--leave-out", "KEY", wanted->leaveOut, "Files not to read (key as in the report)");
                return [wanted](Session &session) { return runExtract(session, *wanted); };
            }};
}

} // namespace mien
