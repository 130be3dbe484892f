#include "pipeline/jobs/frame_files.h"

#include "pipeline/imaging/imaging.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/video/frame_choice.h"
#include "pipeline/video/media_probe.h"
#include "pipeline/video/video.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <set>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// Frames that share a time, as some containers round it, are numbered.
std::string nameOf(const fs::path &video, double timeS, int number, const char *extension)
{
    char time[48];
    std::snprintf(time, sizeof time, number == 1 ? "@%012.6f" : "@%012.6f-%d", timeS, number);
    return video.stem().string() + time + '.' + extension;
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
    auto picture = reader.picture();
    if (!picture)
        return fail(picture.error());
    picture->orientation = reader.facts().orientation;
    return codec->encodePng(upright(*picture));
}

Result<> checkNames(const std::vector<fs::path> &videos)
{
    std::set<std::string> stems;
    for (const fs::path &video : videos)
        if (!stems.insert(video.stem().string()).second)
            return fail(ErrorCode::Conflict, "Two of the videos are called " + video.stem().string() +
                                                 ": their frames would have the same names. Give them to separate "
                                                 "folders.");
    return {};
}

/// The frames of one video; what is wrong with it goes into the report. Fails with what ends the whole job.
class FramesOfVideo
{
public:
    FramesOfVideo(const FrameFilesRequest &request, const fs::path &file, const Imaging *codec,
                  FrameFilesReport &report)
        : m_request(request)
        , m_file(file)
        , m_codec(codec)
        , m_report(report)
    {
    }

    Result<> write(VideoReader &reader, const Job &job)
    {
        const VideoFacts &facts = reader.facts();
        const double expected = double(m_report.frames) + facts.durationS * facts.framesPerS;
        const std::int64_t before = m_report.frames;
        reader.choose(choiceOf(m_request));
        std::string ended;
        while (ended.empty()) {
            const auto frame = reader.next(job.stop);
            if (!frame && frame.error().code == ErrorCode::Cancelled)
                return fail(ErrorCode::Cancelled, "Stopped; the frames written so far are whole.");
            m_report.frames = before + reader.choice().state().asked;
            if (frame && !*frame)
                break;
            if (!frame) {
                ended = frame.error().message;
                break;
            }
            job.report({.done = m_report.frames,
                        .total = double(m_report.frames) <= expected ? std::int64_t(std::min(expected, 1e15)) : 0,
                        .step = m_file.filename().string()});
            const auto bytes = bytesOf(reader, m_request, m_codec);
            if (!bytes)
                ended = bytes.error().message;
            else if (const auto written = writeFrame(freeName((*frame)->timeS), *bytes); !written)
                return fail(written.error());
            else
                ++m_report.written;
        }
        const std::int64_t frames = m_report.frames - before;
        m_report.videos += frames > 0;
        note(frames, reader.loss(), ended);
        return {};
    }

private:
    fs::path freeName(double timeS)
    {
        const char *extension = m_request.asPng ? "png" : "jpg";
        std::string name = nameOf(m_file, timeS, 1, extension);
        for (int number = 2; !m_names.insert(name).second; ++number)
            name = nameOf(m_file, timeS, number, extension);
        return m_request.out / name;
    }

    void note(std::int64_t frames, const VideoLoss &loss, const std::string &ended)
    {
        const std::string file = m_file.string();
        if (frames == 0) {
            m_report.problems.push_back({"VIDEO_OPEN_FAILED", m_file,
                                         ended.empty() ? file + " holds no frame that can be decoded." : ended, true});
            return;
        }
        if (!loss.isNone())
            m_report.problems.push_back({problemOf(loss), m_file, file + ": " + textOf(loss) + "."});
        if (!ended.empty())
            m_report.problems.push_back({"DAMAGED_VIDEO", m_file, file + " was read up to there only: " + ended});
    }

    const FrameFilesRequest &m_request;
    const fs::path &m_file;
    const Imaging *m_codec;
    FrameFilesReport &m_report;
    std::set<std::string> m_names;
};

} // namespace

Result<> writeFrameFiles(const FrameFilesRequest &request, FrameFilesReport &report, const Job &job)
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
    for (const fs::path &file : request.videos) {
        const auto reader = (*decoder)->open(file);
        if (!reader) {
            report.problems.push_back({videoProblem(file, reader.error()), file, reader.error().message, true});
            continue;
        }
        if (const auto written = FramesOfVideo(request, file, *codec, report).write(**reader, job); !written)
            return fail(written.error());
    }
    return {};
}

} // namespace mien
