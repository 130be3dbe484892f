#include "pipeline/jobs/frame_files.h"

#include "models/base/threads.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/video/frame_choice.h"
#include "pipeline/video/video.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <set>

namespace mien {

namespace {

namespace fs = std::filesystem;

std::string nameOf(const fs::path &video, double timeS, const char *extension)
{
    char time[40];
    std::snprintf(time, sizeof time, "@%012.6f.%s", timeS, extension);
    return video.stem().string() + time;
}

/// Under another name until it is whole. Not synced: made again by the same command.
Result<> writeFrame(const fs::path &path, const std::vector<std::uint8_t> &bytes)
{
    const fs::path unfinished = path.parent_path() / ("." + path.filename().string() + ".tmp");
    std::ofstream stream(unfinished, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
    stream.close();
    std::error_code error;
    if (stream)
        fs::rename(unfinished, path, error);
    if (stream && !error)
        return {};
    const Error problem = systemError(error ? error.value() : errno, path, "could not be written");
    fs::remove(unfinished, error);
    return fail(problem);
}

FrameChoice choiceOf(const FrameFilesRequest &request)
{
    if (request.everyFrames)
        return FrameChoice::everyFrames(*request.everyFrames);
    return request.everyS ? FrameChoice::everySeconds(*request.everyS) : FrameChoice();
}

Result<std::vector<std::uint8_t>> bytesOf(VideoReader &reader, const FrameFilesRequest &request, const Imaging *codec)
{
    if (!request.asPng)
        return reader.jpeg(request.quality);
    const auto picture = reader.picture();
    if (!picture)
        return fail(picture.error());
    return codec->encodePng(turned(*picture, reader.facts().rotationDegrees));
}

Result<> checkNames(const std::vector<fs::path> &videos)
{
    std::set<std::string> stems;
    for (const fs::path &video : videos)
        if (!stems.insert(video.stem().string()).second)
            return fail(ErrorCode::Invalid, "Two of the videos are called " + video.stem().string() +
                                                ": their frames would have the same names. Give them to separate "
                                                "folders.");
    return {};
}

} // namespace

Result<FrameFilesReport> writeFrameFiles(const FrameFilesRequest &request, const Job &job)
{
    if (const auto checked = checkNames(request.videos); !checked)
        return fail(checked.error());
    const auto decoder = video();
    if (!decoder)
        return fail(decoder.error());
    const auto codec = request.asPng ? imaging() : Result<const Imaging *>(nullptr);
    if (!codec)
        return fail(codec.error());
    std::error_code error;
    fs::create_directories(request.out, error);
    if (error)
        return fail(systemError(error.value(), request.out, "could not be made"));

    FrameFilesReport report;
    double knownFrames = 0; // of the videos read so far, as they turned out
    for (const fs::path &file : request.videos) {
        const auto reader = (*decoder)->open(file, threadsAskedFor().value_or(hardwareThreads()));
        if (!reader) {
            report.problems.push_back({file, reader.error().message, true});
            continue;
        }
        const double expected = knownFrames + (*reader)->facts().durationS * (*reader)->facts().framesPerS;
        FrameChoice choice = choiceOf(request);
        while (true) {
            if (job.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "Stopped; the frames written so far are whole.");
            const auto frame = (*reader)->next();
            if (!frame)
                return fail(frame.error());
            if (!*frame)
                break;
            ++report.frames;
            job.report({.done = report.frames,
                        .total = std::max(std::int64_t(expected), report.frames),
                        .step = file.filename().string()});
            if (!choice.takes((*frame)->timeS))
                continue;
            const auto bytes = bytesOf(**reader, request, *codec);
            if (!bytes)
                return fail(bytes.error());
            const auto path = request.out / nameOf(file, (*frame)->timeS, request.asPng ? "png" : "jpg");
            if (const auto written = writeFrame(path, *bytes); !written)
                return fail(written.error());
            ++report.written;
        }
        knownFrames = double(report.frames);
        ++report.videos;
        const VideoLoss &loss = (*reader)->loss();
        if (loss.packets > 0 || loss.damagedFrames > 0 || !loss.endedEarly.empty())
            report.problems.push_back(
                {file, std::to_string(loss.packets) + " packets were lost and " + std::to_string(loss.damagedFrames) +
                           " frames are damaged" +
                           (loss.endedEarly.empty() ? "." : "; the file ends early: " + loss.endedEarly + ".")});
    }
    return report;
}

} // namespace mien
