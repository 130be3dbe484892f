#include "pipeline/jobs/predict_job.h"
#include "pipeline/store/runs.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/printable_text.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <cstdio>
#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string run, checkpoint, detector = "mtcnn", device = "auto";
    std::vector<std::string> pictures;
    std::int64_t batch = 128, perVideo = 12;
};

json rowOf(const FacePrediction &face, const std::vector<std::string> &classes)
{
    json probabilities = json::object(), logits = json::object();
    for (std::size_t i = 0; i < classes.size(); ++i) {
        probabilities[classes[i]] = face.probabilities[i];
        logits[classes[i]] = face.logits[i];
    }
    return {{"source", printable(face.source.string())},
            {"face", face.face},
            {"box", face.box},
            {"label", classes[std::size_t(face.label)]},
            {"probabilities", probabilities},
            {"logits", logits}};
}

/// The run's folder, once it is known and finished.
Result<std::filesystem::path> folderOf(Session &session, const std::string &id)
{
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return fail(project.error());
    const auto run = finishedRun(*project, id);
    if (!run)
        return fail(run.error());
    if (!learnedLabels(*run))
        return fail(ErrorCode::Conflict, "Run " + id +
                                             " was pre-trained without labels and predicts none; fine-tune from it "
                                             "with mien train --initial " +
                                             id + ".");
    return project->folder() / "runs" / id;
}

int runPredict(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    if (wanted.run.empty() == wanted.checkpoint.empty())
        return out.wrongUsage("say which network: either --run ID or --checkpoint FILE.");
    PredictRequest request{.checkpoint = wanted.checkpoint,
                           .runFolder = {},
                           .pictures = {wanted.pictures.begin(), wanted.pictures.end()},
                           .framesPerVideo = int(wanted.perVideo),
                           .detector = wanted.detector == "none"       ? PredictRequest::Detector::None
                                       : wanted.detector == "dlib-hog" ? PredictRequest::Detector::DlibHog
                                                                       : PredictRequest::Detector::Mtcnn,
                           .batch = int(wanted.batch),
                           .device = wanted.device};
    if (!wanted.run.empty()) {
        const auto folder = folderOf(session, wanted.run);
        if (!folder)
            return out.failed(folder.error());
        request.runFolder = *folder;
    }
    const auto module = compute(session.job());
    if (!module)
        return out.failed(module.error());
    out.setUnit("picture");
    const auto found = predictFaces(
        **module, request, [&](const json &event) { out.relay(event); }, session.job());
    if (!found)
        return out.failed(found.error());

    TextTable table({"source", "face", "label", "probability"});
    for (const FacePrediction &face : found->faces) {
        if (out.isJson())
            out.row(rowOf(face, found->classes));
        char probability[16];
        std::snprintf(probability, sizeof probability, "%.3f", double(face.probabilities[std::size_t(face.label)]));
        table.add(
            {face.source.string(), std::to_string(face.face), found->classes[std::size_t(face.label)], probability});
    }
    if (!found->faces.empty())
        out.print(table.text());
    std::vector<ItemProblem> skipped;
    for (const Predictions::Skipped &item : found->skipped) {
        skipped.push_back(
            {.reason = item.code, .key = item.source.string(), .file = item.source.string(), .detail = item.reason});
        out.problem(skipped.back(), true);
    }
    const auto written = session.writeReport(skipped);
    if (found->faces.empty() && skipped.size() == 1)
        return out.failed({ErrorCode::Unreadable, skipped.front().reason == "NO_FACE"
                                                      ? "No face was found in " + skipped.front().file + "."
                                                      : skipped.front().detail});
    if (found->faces.empty())
        return out.failed({ErrorCode::Unreadable,
                           "None of them gave a face" +
                               (skipped.empty() ? std::string(".")
                                                : "; first " + skipped.front().file + ": " + skipped.front().detail)});
    out.countItems(std::int64_t(wanted.pictures.size()));
    return out.done({{"rows", found->faces.size()}, {"skipped", skipped.size()}, {"classes", found->classes}}, written);
}

} // namespace

Command predictCommand()
{
    return {.name = "predict",
            .summary = "What a network sees in pictures and videos",
            .needs = Command::Needs::ProjectIfThere,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.texts("IMAGE", "IMAGE", wanted->pictures, "Pictures and videos").required();
                options.text("--run", "ID", wanted->run, "The networks of this run, their mean");
                options.file("--checkpoint", "FILE", wanted->checkpoint, "One network; needs no project");
                options.choice("--detector", wanted->detector, {"mtcnn", "dlib-hog", "none"},
                               "How faces are found; none: each picture is one face");
                options.whole("--batch", "N", wanted->batch, 1, 65536, "Pictures at a time (128)");
                options.whole("--per-video", "N", wanted->perVideo, 1, 10000, "Frames of a video, spread evenly (12)");
                options.text("--device", "D", wanted->device, "auto, cpu or cuda:N").among({"auto", "cpu", "cuda:0"});
                return [wanted](Session &session) { return runPredict(session, *wanted); };
            }};
}

} // namespace mien
