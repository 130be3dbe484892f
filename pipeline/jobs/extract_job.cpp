#include "pipeline/jobs/extract_job.h"

#include "pipeline/import/picture_import.h"
#include "pipeline/jobs/in_turn.h"
#include "pipeline/jobs/media_faces.h"
#include "pipeline/store/atomic_file.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <span>

namespace mien {

namespace {

std::string atTime(std::int64_t timeUs)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", double(timeUs) / 1e6);
    return text;
}

/// Progress in frames, from many threads.
class FrameProgress
{
public:
    FrameProgress(const Job &job, const std::function<void(const ExtractTally &)> &onTally, std::int64_t total)
        : m_job(job)
        , m_onTally(onTally)
        , m_total(total)
    {
    }

    /// Frames that were looked at, and how many faces were in them.
    void advance(std::int64_t frames, std::int64_t faces)
    {
        const std::lock_guard lock(m_mutex);
        m_done += frames;
        m_tally.frames += frames;
        m_tally.faces += faces;
        m_total = std::max(m_total, m_done);
        const auto now = std::chrono::steady_clock::now();
        if (!m_job.report || now - m_last < std::chrono::milliseconds(50))
            return;
        m_last = now;
        if (m_onTally)
            m_onTally(m_tally);
        m_job.report({m_done, m_total, m_step});
    }
    /// With nothing else reported meanwhile.
    void tell(const ProblemLog::Listener &listener, const Problem &problem)
    {
        const std::lock_guard lock(m_mutex);
        if (listener)
            listener(problem);
    }
    void fail()
    {
        const std::lock_guard lock(m_mutex);
        ++m_tally.failures;
    }
    void name(const std::string &step)
    {
        const std::lock_guard lock(m_mutex);
        m_step = step;
    }
    void finish()
    {
        if (m_onTally)
            m_onTally(m_tally);
        if (m_job.report)
            m_job.report({m_done, m_done, ""});
    }

private:
    const Job &m_job;
    const std::function<void(const ExtractTally &)> &m_onTally;
    std::mutex m_mutex;
    ExtractTally m_tally;
    std::int64_t m_done = 0, m_total = 0;
    std::string m_step;
    std::chrono::steady_clock::time_point m_last;
};

/// The extraction from the media of one source.
class SourceExtraction
{
public:
    SourceExtraction(Project &project, const ExtractionSettings &settings, ImportWriter writer, ProblemLog &problems,
                     ExtractReport &report)
        : m_project(project)
        , m_settings(settings)
        , m_writer(std::move(writer))
        , m_thumbnails(project)
        , m_problems(problems)
        , m_report(report)
    {
    }

    ImportWriter &writer() { return m_writer; }

    Result<> keep(const ExtractableMedia &media, MediaFaces &found)
    {
        if (found.isLast) {
            for (Problem &problem : found.problems)
                m_problems.add(std::move(problem));
            ++m_report.media;
            m_report.frames += found.counts.frames;
            m_report.faces += found.counts.faces;
            m_report.crops += found.counts.crops;
            m_report.noFace += found.counts.noFace;
            m_report.gated += found.gated;
            for (const auto &[gate, count] : found.gatedBy)
                m_report.gatedBy[gate] += count;
            if (!found.isRead)
                return {};
        }
        const auto given = media.sample ? givenFactsOf(m_project, *media.sample) : factsOfClip(media.media.id);
        if (!given)
            return fail(given.error());
        for (const SpooledFace &face : found.faces)
            if (const auto kept = keepFace(media, *given, face, *found.spool); !kept)
                return kept;
        if (!found.isLast)
            return m_writer.addPart(media.media.id, found.state.text());
        if (const auto noted = m_writer.addExtraction(media.media.id, found.counts); !noted)
            return noted;
        return media.sample ? Result<>() : m_writer.pause(); // a video is much work: its samples go out now
    }

private:
    /// What faces of a clip's frames inherit.
    Result<NewSample> factsOfClip(MediaId media)
    {
        const auto clip = clipOf(m_project, media);
        if (!clip)
            return fail(clip.error());
        NewSample facts;
        facts.sourceKey = clip->sourceKey;
        facts.displaySource = clip->displaySource;
        facts.media = media;
        facts.nativeLabel = clip->nativeLabel;
        facts.nativeSpace = clip->nativeSpace;
        facts.givenClass = clip->givenClass;
        facts.state = clip->state;
        facts.split = clip->split;
        facts.nativeSplit = clip->nativeSplit;
        facts.fold = clip->fold;
        facts.subject = clip->subject;
        facts.sequence = clip->sequence;
        facts.origin = clip->origin;
        facts.flags = clip->flags;
        return facts;
    }

    Result<> keepFace(const ExtractableMedia &media, const NewSample &given, const SpooledFace &face,
                      const FaceSpool &spool)
    {
        NewSample sample = given;
        if (face.timeUs) {
            sample.timeUs = face.timeUs;
            sample.sourceKey += "@t=" + atTime(*face.timeUs);
            sample.displaySource += "@" + atTime(*face.timeUs);
            sample.box = face.face.box;
        }
        if (face.number > 1) {
            sample.sourceKey += "#" + std::to_string(face.number);
            sample.displaySource += "#" + std::to_string(face.number);
        }
        sample.face = face.face;
        sample.measures = face.measures;
        sample.widthPx = face.widthPx;
        sample.heightPx = face.heightPx;
        sample.pixelHash = face.pixelHash;
        sample.perceptualHash = face.perceptualHash;
        if (face.png.size > 0) {
            const auto png = spool.read(face.png);
            if (!png)
                return fail(png.error());
            const auto crop = m_writer.addCrop(face.widthPx, face.heightPx, face.channels, "png", *png);
            if (!crop)
                return fail(crop.error());
            sample.crop = *crop;
        }
        SampleId id;
        if (media.sample && face.number == 1) {
            id = *media.sample;
            if (const auto set = m_writer.setCrop(id, sample); !set)
                return set;
        } else {
            const auto added = m_writer.addSample(sample);
            if (!added)
                return fail(added.error());
            id = *added;
        }
        const auto jpeg96 = spool.read(face.jpeg96), jpeg192 = spool.read(face.jpeg192);
        if (!jpeg96 || !jpeg192)
            return fail((jpeg96 ? jpeg192 : jpeg96).error());
        return m_thumbnails.addBoth(id, *jpeg96, *jpeg192);
    }

    Project &m_project;
    ExtractionSettings m_settings;
    ImportWriter m_writer;
    Thumbnails m_thumbnails;
    ProblemLog &m_problems;
    ExtractReport &m_report;
};

std::int64_t expectedFrames(const Project &project, const ExtractableMedia &media, const ExtractionSettings &settings)
{
    if (media.sample)
        return 1;
    const auto clip = clipOf(project, media.media.id);
    constexpr double usualFramesPerS = 30;
    return FrameSampler::expectedFrames(
        settings.sampling, clip && clip->durationUs ? double(*clip->durationUs) / 1e6 : 0, usualFramesPerS);
}

bool isSameSource(const ExtractableMedia &a, const ExtractableMedia &b)
{
    return a.importer == b.importer && a.root == b.root;
}

/// Of an extraction that was interrupted behind its last medium: what comes then.
Result<> finishExtraction(Project &project, const ExtractableMedia &last)
{
    auto writer = ImportWriter::beginExtraction(project, last.importer, last.variant, last.root, last.settingsHash);
    if (!writer)
        return fail(writer.error());
    return writer->finish().transform([](const ImportWriter::Duplicates &) {});
}

/// Reads the media with several threads and keeps what they found in the order of `media`.
Result<> readAll(std::span<const ExtractableMedia> media, const MediaFaceReader &reader,
                 const std::filesystem::path &folder, const std::map<MediaId, std::string> &begun, int threads,
                 SourceExtraction &extraction, FrameProgress &progress, const Job &job)
{
    std::stop_source stop;
    const std::stop_callback stopToo(job.stop, [&] { stop.request_stop(); });
    InTurn inTurn(media.size(), std::size_t(threads) * 2,
                  [&](std::size_t index, MediaFaces &part) { return extraction.keep(media[index], part); });
    const auto read = [&](std::size_t index) {
        const ExtractableMedia &one = media[index];
        progress.name(one.source);
        const auto state = begun.find(one.media.id);
        const auto done = reader.read(
            one, state == begun.end() ? std::string_view() : state->second, folder,
            [&](MediaFaces part) {
                if (part.isLast && !part.isRead)
                    progress.fail();
                return inTurn.hand(index, std::move(part));
            },
            stop.get_token());
        if (!done) {
            inTurn.failed(done.error());
            stop.request_stop();
        }
    };
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(std::size_t(threads) * 2,
                               tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order,
                                                                   [&](tbb::flow_control &flow) -> std::size_t {
                                                                       const auto index = stop.stop_requested()
                                                                                              ? std::nullopt
                                                                                              : inTurn.take();
                                                                       if (!index)
                                                                           flow.stop();
                                                                       return index.value_or(0);
                                                                   }) &
                                   tbb::make_filter<std::size_t, void>(tbb::filter_mode::parallel, read));
    });
    if (const auto failure = inTurn.failure())
        return fail(*failure);
    if (job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Stopped.");
    return {};
}

} // namespace

Result<> ExtractReport::copyProblems(const std::filesystem::path &to) const
{
    std::string text(problemHeader);
    for (const std::filesystem::path &folder : folders) {
        const auto problemsOfSource = readFile(folder / "problems.csv");
        if (!problemsOfSource)
            return fail(problemsOfSource.error());
        text += std::string_view(*problemsOfSource).substr(std::min(problemHeader.size(), problemsOfSource->size()));
    }
    return writeOutput(to, text);
}

namespace {

Result<> knowsAll(const Project &project, const std::set<std::string> &leaveOut)
{
    if (leaveOut.empty())
        return {};
    const auto all = extractableMedia(project);
    if (!all)
        return fail(all.error());
    for (const std::string &key : leaveOut)
        if (std::none_of(all->begin(), all->end(), [&](const ExtractableMedia &one) { return one.sourceKey == key; }))
            return fail(ErrorCode::NotFound, "--leave-out: the project holds no file \"" + key +
                                                 "\"; name it by its key, as the report does.");
    return {};
}

} // namespace

Result<ExtractReport> extractFaces(Project &project, const ExtractRequest &request, const Job &job,
                                   const ProblemLog::Listener &onProblem)
{
    const auto start = std::chrono::steady_clock::now();
    auto all = extractableMedia(project, request.filter);
    if (!all)
        return fail(all.error());
    if (all->empty())
        return fail(ErrorCode::NotFound,
                    request.filter.empty()
                        ? "There is nothing to extract faces from: the project holds no pictures and no videos."
                        : "No picture and no video matches " + request.filter + ".");
    if (const auto known = knowsAll(project, request.leaveOut); !known)
        return fail(known.error());
    ExtractReport report;
    std::int64_t expected = 0;
    std::vector<ExtractableMedia> media, unfinished;
    for (ExtractableMedia &one : *all) {
        if (!one.sample) {
            const auto clip = clipOf(project, one.media.id);
            if (clip && clip->nativeSpace == "uta-rldd" && !request.utaRlddStates.contains(clip->nativeLabel))
                continue;
        }
        const ExtractionSettings settings = request.settings(one.importer);
        if (one.settingsHash == settings.hash()) {
            ++report.unchanged;
            if (one.isUnfinished)
                unfinished.push_back(std::move(one));
            continue;
        }
        expected += expectedFrames(project, one, settings);
        media.push_back(std::move(one));
    }
    FrameProgress progress(job, request.onTally, expected);
    const int threads = request.threads > 0 ? request.threads : pictureThreads();

    for (std::size_t begin = 0; begin < media.size();) {
        std::size_t end = begin + 1;
        while (end < media.size() && isSameSource(media[begin], media[end]))
            ++end;
        const std::span<const ExtractableMedia> source(media.data() + begin, end - begin);
        const ExtractableMedia &first = source.front();
        begin = end;

        const ExtractionSettings settings = request.settings(first.importer);
        const auto reader = MediaFaceReader::load(
            settings, [&](std::int64_t frames, std::int64_t faces) { progress.advance(frames, faces); });
        if (!reader)
            return fail(reader.error());
        auto writer =
            ImportWriter::beginExtraction(project, first.importer, first.variant, first.root, settings.hash());
        if (!writer)
            return fail(writer.error());
        const std::filesystem::path folder = writer->folder();
        const std::map<MediaId, std::string> begun = begunVideos(project, writer->id());
        report.folders.push_back(folder);
        if (const auto written = writeFileAtomically(folder / "settings.json", settings.toJson()); !written)
            return fail(written.error());
        ProblemLog problems([&](const Problem &problem) { progress.tell(onProblem, problem); });
        problems.writeTo(folder / "problems.csv");
        SourceExtraction extraction(project, settings, std::move(*writer), problems, report);
        std::vector<ExtractableMedia> wanted;
        for (const ExtractableMedia &one : source) {
            if (request.leaveOut.contains(one.sourceKey))
                problems.add({"LEFT_OUT", one.sourceKey, one.source, 0, "Not read, as asked with --leave-out."});
            else
                wanted.push_back(one);
        }
        const auto done = readAll(wanted, *reader, folder, begun, threads, extraction, progress, job);
        for (const auto &[reason, found] : problems.reasons())
            report.problems[reason] += found.count;
        report.skipped += problems.count(Severity::Skip);
        if (!report.firstSkipped)
            report.firstSkipped = problems.firstSkipped();
        if (!problems.flush())
            return fail(ErrorCode::NoSpace, "The list of problems " + (folder / "problems.csv").string() +
                                                " cannot be written; is the disk full?");
        if (!done && done.error().code == ErrorCode::Cancelled) {
            if (const auto paused = extraction.writer().pause(); !paused)
                return fail(paused.error());
            return fail(ErrorCode::Cancelled, "The extraction was stopped; what was done is kept.");
        }
        if (!done)
            return fail(done.error());
        if (const auto finished = extraction.writer().finish(); !finished)
            return fail(finished.error());
    }
    for (std::size_t i = 0; i < unfinished.size(); ++i) {
        const bool isDone = std::any_of(media.begin(), media.end(),
                                        [&](const ExtractableMedia &one) { return isSameSource(one, unfinished[i]); });
        if (!isDone && (i == 0 || !isSameSource(unfinished[i - 1], unfinished[i])))
            if (const auto finished = finishExtraction(project, unfinished[i]); !finished)
                return fail(finished.error());
    }
    progress.finish();
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace mien
