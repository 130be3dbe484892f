#include "pipeline/demo/demo.h"

#include "pipeline/demo/demo_faces.h"
#include "pipeline/demo/demo_videos.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/import.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/store/project.h"

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>

namespace mien {

namespace {

namespace fs = std::filesystem;

Result<> writeFile(const fs::path &path, std::string_view content)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), std::streamsize(content.size()));
    file.close();
    if (!file)
        return fail(ErrorCode::NoSpace, shown(path) + " cannot be written; is the disk full?");
    return {};
}

std::string numbered(const char *form, int number)
{
    char text[32];
    std::snprintf(text, sizeof text, form, number);
    return text;
}

/// Below the media folder; also what the project calls the sample.
std::string sourceOf(const DemoFace &face, int number)
{
    return numbered("S%03d", face.subject + 1) + '/' + numbered("%05d.png", number);
}

/// 16 of 20 people for training, 2 each for the other two.
std::string_view splitOf(int subject, int people)
{
    const int place = subject * 20 / std::max(people, 1);
    return place < 16 ? "train" : place < 18 ? "val" : "test";
}

Result<> drawAll(const DemoCast &cast, const DemoOptions &options, const fs::path &media, const Imaging &codec,
                 const Job &job)
{
    using Drawn = std::pair<int, std::vector<std::uint8_t>>;
    const int total = int(cast.faces.size());
    const int threads = pictureThreads();
    ProgressPace pace(job);
    int next = 0;
    std::optional<Error> failure;
    std::atomic<bool> failed = false;
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(
            std::size_t(threads) * 4,
            tbb::make_filter<void, int>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control &flow) {
                if (next == total || failed || pace.stopped()) {
                    flow.stop();
                    return 0;
                }
                return next++;
            }) & tbb::make_filter<int, Drawn>(tbb::filter_mode::parallel, [&](int i) -> Drawn {
                const DemoFace &face = cast.faces[std::size_t(i)];
                return {i, codec.encodePng(drawFace(cast.people[std::size_t(face.subject)], face.muscles, face.scene,
                                                    options.sidePx))};
            }) & tbb::make_filter<Drawn, void>(tbb::filter_mode::serial_in_order, [&](const Drawn &drawn) {
                if (failed)
                    return;
                const auto &[i, png] = drawn;
                const std::string source = sourceOf(cast.faces[std::size_t(i)], i + 1);
                if (const auto written =
                        writeFile(media / source, {reinterpret_cast<const char *>(png.data()), png.size()});
                    !written) {
                    failure = written.error();
                    failed = true;
                }
                pace.report(i + 1, [&] { return total; }, source);
            }));
    });
    if (failure)
        return fail(*failure);
    if (pace.stopped())
        return fail(ErrorCode::Cancelled, "Making the demo was stopped.");
    return {};
}

std::string manifestText(const DemoCast &cast)
{
    std::string text = "path,label,split,subject,origin";
    for (const std::string_view expression : demoExpressions)
        text += ",vote_" + std::string(expression);
    text += ",vote_unknown,vote_NF\n";
    for (std::size_t i = 0; i < cast.faces.size(); ++i) {
        const DemoFace &face = cast.faces[i];
        text += sourceOf(face, int(i) + 1) + ',' + std::string(demoExpressions[std::size_t(face.given)]) + ',' +
                std::string(splitOf(face.subject, int(cast.people.size()))) + ',' +
                numbered("S%03d", face.subject + 1) + ",synthetic";
        for (const int votes : face.votes)
            text += ',' + std::to_string(votes);
        text += '\n';
    }
    return text;
}

std::string truthText(const DemoCast &cast)
{
    std::string text = "source,given,truth\n";
    for (std::size_t i = 0; i < cast.faces.size(); ++i)
        text += sourceOf(cast.faces[i], int(i) + 1) + ',' +
                std::string(demoExpressions[std::size_t(cast.faces[i].given)]) + ',' +
                std::string(demoExpressions[std::size_t(cast.faces[i].truth)]) + '\n';
    return text;
}

/// Draws the videos, says what is true of them and imports them as the data set they are laid out as.
Result<std::int64_t> addVideos(Project &project, std::uint64_t seed, const Job &job)
{
    const std::vector<DemoVideo> videos = demoVideos(seed);
    const fs::path folder = project.folder() / "media" / "drowsiness";
    if (const auto drawn = writeDemoVideos(videos, folder, job); !drawn)
        return fail(drawn.error());
    if (const auto written = writeFile(project.folder() / "demo_video_truth.csv", demoVideoTruth(videos)); !written)
        return fail(written.error());
    const auto plan = planImport({folder, "uta-rldd.videos", std::nullopt});
    if (!plan)
        return fail(plan.error());
    const auto imported = runImport(project, *plan, job);
    if (!imported)
        return fail(imported.error());
    return imported->clips;
}

/// There from the project's beginning until its last sample is imported.
constexpr const char *unfinishedName = "demo.unfinished";

/// What an interrupted demo left goes: the same seed draws the same faces again.
Result<> clearUnfinished(const fs::path &folder)
{
    std::error_code error;
    if (!fs::exists(folder / unfinishedName, error))
        return {};
    if (const auto held = Project::open(folder, Project::Access::Write);
        !held && held.error().code == ErrorCode::Conflict)
        return fail(held.error()); // it is being made right now
    for (const auto &entry : fs::directory_iterator(folder, error))
        if (entry.path().filename() != unfinishedName)
            fs::remove_all(entry.path(), error);
    if (!error)
        fs::remove(folder / unfinishedName, error);
    if (error)
        return fail(ErrorCode::Unreadable,
                    "The interrupted demo in " + shown(folder) + " cannot be removed: " + error.message() + ".");
    return {};
}

Result<DemoReport> drawDemo(const fs::path &folder, const DemoOptions &options, const Job &job)
{
    const auto start = std::chrono::steady_clock::now();
    if (options.samples < 8 || options.samples > 1'000'000)
        return fail(ErrorCode::Invalid,
                    "A demo has 8 to 1,000,000 samples, not " + std::to_string(options.samples) + ".");
    if (!(options.noise >= 0 && options.noise <= 1))
        return fail(ErrorCode::Invalid, "The share of wrong labels is a number from 0 to 1.");
    if (options.sidePx < 48 || options.sidePx > 512)
        return fail(ErrorCode::Invalid, "Demo pictures have a side of 48 to 512 pixels.");
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    if (const auto cleared = clearUnfinished(folder); !cleared)
        return fail(cleared.error());
    auto project = Project::create(folder, "Demo");
    if (!project)
        return fail(project.error());
    if (const auto marked = writeFile(folder / unfinishedName, "Run mien demo again to finish it.\n"); !marked)
        return fail(marked.error());
    const DemoCast cast = demoCast(options.samples, options.noise, options.seed);
    const fs::path media = project->folder() / "media";
    std::error_code error;
    for (std::size_t subject = 0; subject < cast.people.size() && !error; ++subject)
        fs::create_directories(media / numbered("S%03d", int(subject) + 1), error);
    if (error)
        return fail(ErrorCode::NoSpace, "The folder " + shown(media) + " cannot be made: " + error.message() + ".");
    if (const auto drawn = drawAll(cast, options, media, **codec, job); !drawn)
        return fail(drawn.error());
    for (const auto &[path, text] : {std::pair(media / "manifest.csv", manifestText(cast)),
                                     std::pair(project->folder() / "demo_truth.csv", truthText(cast))})
        if (const auto written = writeFile(path, text); !written)
            return fail(written.error());

    const auto plan = planImport({media, "manifest", std::nullopt});
    if (!plan)
        return fail(plan.error());
    const auto imported = runImport(*project, *plan, job);
    if (!imported)
        return fail(imported.error());
    DemoReport report;
    if (options.videos) {
        const auto videos = addVideos(*project, options.seed, job);
        if (!videos)
            return fail(videos.error());
        report.videos = *videos;
    }
    fs::remove(folder / unfinishedName, error);
    report.samples = imported->samples;
    for (const DemoFace &face : cast.faces)
        report.flipped += face.given != face.truth;
    report.subjects = std::int64_t(cast.people.size());
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace

Result<DemoReport> makeDemo(const fs::path &folder, const DemoOptions &options, const Job &job)
{
    std::error_code error;
    const bool wasThere = fs::exists(folder, error);
    auto report = drawDemo(folder, options, job);
    if (!report && report.error().code == ErrorCode::NoSpace && fs::exists(folder / unfinishedName, error)) {
        if (clearUnfinished(folder) && !wasThere)
            fs::remove(folder, error);
    }
    return report;
}

} // namespace mien
