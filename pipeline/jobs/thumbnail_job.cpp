#include "pipeline/jobs/thumbnail_job.h"

#include "pipeline/imaging/cut_out.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/sources.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <filesystem>
#include <optional>
#include <utility>

namespace mien {

namespace {

constexpr std::size_t samplesAtOnce = 256;

struct Missing
{
    SampleId sample;
    std::filesystem::path file;
    std::optional<BoxPx> box;
    PictureThumbnails made;
};

/// Those of a page of rows that have no small picture.
Result<std::vector<Missing>> missingAmong(const Project &project, const Thumbnails &thumbnails,
                                          const std::vector<SampleRow> &rows)
{
    std::vector<SampleId> without;
    for (const SampleRow &row : rows)
        if (!thumbnails.has(row.id, largeThumbnailPx))
            without.push_back(row.id);
    const auto facts = sampleFacts(project, without);
    if (!facts)
        return fail(facts.error());
    std::vector<Missing> missing;
    for (const SampleFacts &sample : *facts)
        if (sample.mediaKind == "image")
            missing.push_back({sample.id, sample.mediaPath, sample.box, {}});
    return missing;
}

void make(const Imaging &codec, Missing &missing)
{
    const auto bytes = wholeFile(missing.file);
    // What a box cuts out is counted in pixels of the whole picture.
    auto picture = bytes ? codec.decode(*bytes, 0.9, missing.box ? 0 : enoughForThumbnailsPx) : fail(bytes.error());
    if (picture)
        missing.made = thumbnailsOf(codec, shownOf(std::move(*picture), missing.box));
}

} // namespace

Result<ThumbnailReport> makeMissingThumbnails(const Project &project, const Job &job)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    const auto ids = samplesMatching(project, samplesWithThumbnails);
    if (!ids)
        return fail(ids.error());
    Thumbnails thumbnails(project);
    ThumbnailReport report;
    tbb::task_arena arena(pictureThreads());
    for (std::size_t at = 0; at < ids->size(); at += samplesAtOnce) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Making small pictures was stopped; run again it goes on.");
        job.report({std::int64_t(at), std::int64_t(ids->size()), "small pictures"});
        const auto rows = sampleRows(project, std::span(*ids).subspan(at, std::min(samplesAtOnce, ids->size() - at)));
        if (!rows)
            return fail(rows.error());
        auto missing = missingAmong(project, thumbnails, *rows);
        if (!missing)
            return fail(missing.error());
        arena.execute([&] {
            tbb::parallel_for(std::size_t(0), missing->size(), [&](std::size_t i) { make(**codec, (*missing)[i]); });
        });
        for (const Missing &one : *missing) {
            if (one.made.jpeg192.empty()) {
                ++report.missing;
                continue;
            }
            if (const auto added = thumbnails.addBoth(one.sample, one.made.jpeg96, one.made.jpeg192); !added)
                return fail(added.error());
            ++report.made;
        }
    }
    job.report({std::int64_t(ids->size()), std::int64_t(ids->size()), ""});
    return report;
}

} // namespace mien
