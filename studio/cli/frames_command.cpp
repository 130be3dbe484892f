#include "pipeline/jobs/file_preview.h"
#include "pipeline/jobs/frame_files.h"
#include "pipeline/jobs/line_request.h"
#include "pipeline/jobs/original_pictures.h"
#include "studio/cli/command_table.h"
#include "studio/cli/counted.h"
#include "studio/cli/line_server.h"
#include "studio/cli/session.h"

#include <sys/resource.h>

#include <memory>

namespace mien {

namespace {

/// A picture that was made to fill the memory ends this helper, not the studio and not the computer.
void limitMemory()
{
    constexpr rlim_t most = rlim_t(3) << 30;
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) == 0 && (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > most)) {
        limit.rlim_cur = most;
        ::setrlimit(RLIMIT_AS, &limit);
    }
}

struct FramesOptions
{
    bool serve = false;
    std::vector<std::string> files;
    std::string out;
    std::optional<std::int64_t> everyFrames;
    std::optional<double> everyS;
    std::string format = "jpg";
    std::int64_t quality = 90;
};

int writeFrames(Session &session, const FramesOptions &options)
{
    JsonLines &out = session.out();
    if (options.files.empty() || options.out.empty())
        return out.wrongUsage("frames needs videos and --out DIR, or --serve.");
    if (options.everyFrames && options.everyS)
        return out.wrongUsage("--every-frames and --every exclude each other.");
    out.setUnit("frame");
    FrameFilesRequest request{.out = options.out,
                              .everyFrames = options.everyFrames,
                              .everyS = options.everyS,
                              .asPng = options.format == "png",
                              .quality = int(options.quality)};
    request.videos.assign(options.files.begin(), options.files.end());
    out.countItems(std::int64_t(request.videos.size()));
    FrameFilesReport report;
    const auto ended = writeFrameFiles(request, report, session.job());
    std::vector<ItemProblem> problems;
    for (const FrameFilesReport::Problem &problem : report.problems) {
        problems.push_back({.reason = problem.reason,
                            .key = problem.video.string(),
                            .file = problem.video.string(),
                            .detail = problem.what});
        out.problem(problems.back(), problem.isSkipped);
        if (!problem.isSkipped)
            out.warn(problem.what);
    }
    const auto reported = session.writeReport(problems);
    if (!ended && ended.error().code == ErrorCode::Conflict)
        return out.wrongUsage(ended.error().message);
    if (!ended)
        return out.failed(ended.error());
    if (report.videos == 0)
        return out.failed({ErrorCode::Unreadable, report.problems.front().what});
    out.print("Wrote " + grouped(report.written) + " of " + counted(report.frames, "frame") + " to " + options.out +
              ".");
    return out.done({{"videos", report.videos}, {"frames", report.written}, {"decoded", report.frames}}, reported);
}

int serveFrames(Session &session)
{
    JsonLines &out = session.out();
    std::optional<Project> project; // needed for what is asked by sample alone
    if (session.projectFolder()) {
        auto opened = session.openProject(Project::Access::Read);
        if (!opened)
            return out.failed(opened.error());
        project.emplace(std::move(*opened));
    }
    limitMemory();
    const auto codec = imaging();
    if (!codec)
        return out.failed(codec.error());
    FilePreview files(**codec);
    std::optional<OriginalPictures> originals;
    if (project)
        originals.emplace(*project, **codec);
    return serveLines(session, [&](const nlohmann::json &request) {
        if (request.contains("file"))
            return files.answer(request);
        if (originals)
            return originals->answer(request);
        return answerTo(request, []() -> Result<nlohmann::json> {
            return fail(ErrorCode::Invalid, "A request names a \"file\"; a \"sample\" needs a project (-p PROJECT).");
        });
    });
}

} // namespace

constexpr const char *requestsAndAnswers =
    R"(Requests of --serve, one JSON object a line, each answered by one line; a newer one replaces one that waits:
  {"id":1,"file":"a.mp4","time":2.5}           a picture, or the frame shown at so many seconds
  {"id":2,"sample":7}                          the original of a sample; needs -p PROJECT
  "step":1 or -1     the frame behind or before it      "side":1024   no side is longer (16 to 4096)
Of a file also:
  "until":3.0, "at_most":25                    all frames from "time" on
  "pixels":"jpeg"    or "shared" (a file of RGB rows), "none"
  "faces":{"detector":"mtcnn","min_face":40,"faces":"all","align":"5","rotation":"auto","size":224}
                     faces as extract would find them, each setting as its option; {} for the defaults
Answers: {"id":1,"ok":true,"w":…,"h":…,"original_w":…,"original_h":…,"jpeg":"base64…"}
  of a video "pts_s", "duration_s"; of a sample "box":[x,y,w,h]; of a range "frames":[…]
  with "faces" "turned", "boxes", "faces":[{"box","landmarks":[x,y,…],"probability","measures","crop"}]
  {"id":1,"ok":false,"message":…} where it cannot be done; an unknown member is refused by its name)";

Command framesCommand()
{
    return {
        .name = "frames",
        .summary =
            "Frames of videos as pictures; with --serve, frames, originals of samples and the faces in them on request",
        .needs = Command::Needs::ProjectIfThere,
        .declare = [](Options &options) -> Action {
            const auto wanted = std::make_shared<FramesOptions>();
            options.texts("FILE", "FILE", wanted->files, "Videos; no project is needed");
            options.folder("--out", "DIR", wanted->out, "Where the frames go, each named by its time");
            options.whole("--every-frames", "N", wanted->everyFrames, 1, 1'000'000, "Every Nth frame");
            options.real("--every", "S", wanted->everyS, 0.001, 86'400, "A frame every S seconds");
            options.choice("--format", wanted->format, {"jpg", "png"}, "Of the pictures; default jpg");
            options.whole("--quality", "Q", wanted->quality, 1, 100, "Of JPEG; default 90");
            options.flag("--serve", wanted->serve, "Answer JSON lines on standard input until it ends");
            return [wanted](Session &session) {
                return wanted->serve ? serveFrames(session) : writeFrames(session, *wanted);
            };
        },
        .notes = requestsAndAnswers};
}

} // namespace mien
