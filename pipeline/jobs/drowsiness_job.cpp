#include "pipeline/jobs/drowsiness_job.h"

#include "pipeline/drowsiness/video_looks.h"
#include "pipeline/face/frame_faces.h"
#include "pipeline/face/video_turn.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/clips.h"
#include "pipeline/store/project.h"
#include "pipeline/video/media_probe.h"

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// What the threads hand over in order.
struct Measured
{
    const ExtractableMedia *media = nullptr;
    fs::path file;
    std::optional<DrowsinessStrip> strip;
    bool isNew = false;
    std::optional<Problem> problem;
    std::optional<Error> failure;
};

/// Measures videos; one object serves many threads.
class VideoMeasurer
{
public:
    static Result<VideoMeasurer> load(const LookSettings &settings)
    {
        const auto module = video();
        if (!module)
            return fail(module.error());
        const auto codec = imaging();
        if (!codec)
            return fail(codec.error());
        auto finder = FaceFinder::mtcnn(settings.minFacePx);
        if (!finder)
            return fail(finder.error());
        auto cutter = FaceCutter::load({.minFacePx = settings.minFacePx});
        if (!cutter)
            return fail(cutter.error());
        return VideoMeasurer(settings, **module, **codec, std::move(*finder), std::move(*cutter));
    }

    /// Fails with Cancelled; what is wrong with the file is in `problem`.
    Result<> measure(const ExtractableMedia &media, Measured &measured, const std::stop_token &stop,
                     const std::function<void()> &onFrame) const
    {
        const ReadingMark mark(media.sourceKey);
        const auto reader = m_module->open(media.media.path);
        if (!reader) {
            measured.problem = Problem{videoProblem(media.media.path, reader.error()), media.sourceKey, media.source, 0,
                                       reader.error().message};
            return {};
        }
        const auto turnDeg = turnOfVideo(media.media, *m_module, m_cutter, m_settings.mostSidePx);
        if (!turnDeg)
            return fail(turnDeg.error());
        const auto looks = looksOf(**reader, *turnDeg, m_finder, *m_codec, m_settings, stop, onFrame);
        if (!looks)
            return fail(looks.error());
        if (std::none_of(looks->begin(), looks->end(), [](const FrameLook &look) { return look.face.has_value(); })) {
            measured.problem = Problem{looks->empty() ? "NO_FRAMES" : "NO_FACE", media.sourceKey, media.source, 0,
                                       looks->empty() ? "It holds no frame that could be decoded."
                                                      : "No face was found in any of its frames."};
            return {};
        }
        constexpr double closedPatch = 0.35, closedRatio = 0.3; // of the open level
        measured.strip = stripFrom(*looks, std::string(m_settings.measuredBy()),
                                   m_settings.measure == LookSettings::Measure::EyePatch ? closedPatch : closedRatio);
        measured.isNew = true;
        return {};
    }

private:
    VideoMeasurer(const LookSettings &settings, const Video &module, const Imaging &codec, FaceFinder finder,
                  FaceCutter cutter)
        : m_settings(settings)
        , m_module(&module)
        , m_codec(&codec)
        , m_finder(std::move(finder))
        , m_cutter(std::move(cutter))
    {
    }

    LookSettings m_settings;
    const Video *m_module;
    const Imaging *m_codec;
    FaceFinder m_finder;
    FaceCutter m_cutter;
};

/// Writes the strip where it is new, and what it says about the samples of its video.
Result<> keep(Project &project, const Measured &measured, const std::string &settingsHash, DrowsinessReport &report)
{
    if (measured.problem) {
        ++report.skipped;
        report.problems.push_back(*measured.problem);
    }
    if (!measured.strip)
        return {};
    const DrowsinessStrip &strip = *measured.strip;
    if (measured.isNew) {
        std::error_code error;
        fs::create_directories(measured.file.parent_path(), error);
        if (error)
            return fail(ErrorCode::NoSpace, "The folder " + measured.file.parent_path().string() +
                                                " cannot be made: " + error.message() + ".");
        if (const auto written = writeFileAtomically(measured.file, strip.toJson()); !written)
            return written;
        report.frames += std::int64_t(strip.timeS.size());
    }
    ++(measured.isNew ? report.videos : report.unchanged);
    report.blinks += strip.blinks;
    report.perclos += strip.perclos; // divided at the end
    std::vector<SampleMeasures> measures;
    for (const TimedSample &sample : samplesOfVideo(project, measured.media->media.id))
        measures.push_back({sample.sample, measuresAt(strip, sample.timeS)});
    return measures.empty() ? Result<>() : storeMeasures(project, measures, settingsHash);
}

std::optional<DrowsinessStrip> storedStrip(const fs::path &file)
{
    const auto text = readFile(file);
    if (!text)
        return std::nullopt;
    auto strip = DrowsinessStrip::fromJson(*text);
    return strip ? std::optional(std::move(*strip)) : std::nullopt; // a damaged one is made again
}

} // namespace

Result<DrowsinessReport> measureDrowsiness(Project &project, const DrowsinessRequest &request, const Job &job)
{
    const auto start = std::chrono::steady_clock::now();
    auto media = extractableMedia(project, request.filter);
    if (!media)
        return fail(media.error());
    std::erase_if(*media, [](const ExtractableMedia &one) { return one.sample.has_value(); });
    if (media->empty())
        return fail(ErrorCode::NotFound, request.filter.empty() ? "There is no video in the project to measure."
                                                                : "No video matches " + request.filter + ".");
    LookSettings settings;
    if (request.by68)
        settings.measure = LookSettings::Measure::Points68;
    const std::string settingsHash = settings.hash();
    const auto measurer = VideoMeasurer::load(settings);
    if (!measurer)
        return fail(measurer.error());

    DrowsinessReport report;
    std::optional<Error> failure;
    std::atomic<bool> failed = false;
    std::atomic<std::int64_t> frames = 0;
    std::size_t next = 0, done = 0;
    std::mutex mutex;
    std::chrono::steady_clock::time_point told;
    const auto tell = [&](bool isLast) {
        const std::lock_guard lock(mutex);
        const auto now = std::chrono::steady_clock::now();
        if (!job.report || (!isLast && now - told < std::chrono::milliseconds(50)))
            return;
        told = now;
        job.report(
            {std::int64_t(done), std::int64_t(media->size()), isLast ? "" : std::to_string(frames.load()) + " frames"});
    };
    const int threads = request.threads > 0 ? request.threads : pictureThreads();
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(
            std::size_t(threads) * 2,
            tbb::make_filter<void, ExtractableMedia *>(tbb::filter_mode::serial_in_order,
                                                       [&](tbb::flow_control &flow) -> ExtractableMedia * {
                                                           if (next == media->size() || failed ||
                                                               job.stop.stop_requested()) {
                                                               flow.stop();
                                                               return nullptr;
                                                           }
                                                           return &(*media)[next++];
                                                       }) &
                tbb::make_filter<ExtractableMedia *, std::shared_ptr<Measured>>(
                    tbb::filter_mode::parallel,
                    [&](ExtractableMedia *one) {
                        auto measured = std::make_shared<Measured>();
                        measured->media = one;
                        measured->file = stripFile(project, one->media, settingsHash);
                        measured->strip = storedStrip(measured->file);
                        if (measured->strip)
                            return measured;
                        if (const auto read = measurer->measure(*one, *measured, job.stop,
                                                                [&] {
                                                                    ++frames;
                                                                    tell(false);
                                                                });
                            !read)
                            measured->failure = read.error();
                        return measured;
                    }) &
                tbb::make_filter<std::shared_ptr<Measured>, void>(
                    tbb::filter_mode::serial_in_order, [&](const std::shared_ptr<Measured> &measured) {
                        if (failed)
                            return;
                        if (!measured->failure)
                            if (const auto kept = keep(project, *measured, settingsHash, report); !kept)
                                measured->failure = kept.error();
                        if (measured->failure) {
                            failure = measured->failure;
                            failed = true;
                        }
                        const std::lock_guard lock(mutex);
                        ++done;
                    }));
    });
    if (failure && failure->code != ErrorCode::Cancelled)
        return fail(*failure);
    if (job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Measuring was stopped; videos that were finished are kept.");
    tell(true);
    if (const std::int64_t measured = report.videos + report.unchanged; measured > 0)
        report.perclos /= double(measured);
    std::vector<MediaId> ids;
    for (const ExtractableMedia &one : *media)
        ids.push_back(one.media.id);
    report.flagged = doubtfulSamples(project, ids);
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace mien
