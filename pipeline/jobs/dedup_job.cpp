#include "pipeline/jobs/dedup_job.h"

#include "pipeline/dedup/face_copies.h"
#include "pipeline/dedup/look_alikes.h"
#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

namespace mien {

namespace {

constexpr std::size_t readAtOnce = 512;

Error stopped()
{
    return {ErrorCode::Cancelled, "Looking for near-duplicates was stopped; the hashes that were made are kept."};
}

/// Turns pictures of samples into something smaller, several at a time, and keeps who could not be read.
class PictureReader
{
public:
    static Result<PictureReader> open(const Project &project, const Job &job)
    {
        auto pixels = SamplePixels::open(project);
        if (!pixels)
            return fail(pixels.error());
        return PictureReader(project, std::move(*pixels), job.stop);
    }

    /// In the order of the ids; empty where the pixels cannot be read. A page of photographs takes longer than a
    /// person who stopped it likes to wait: Cancelled in the middle of it.
    template <typename Small>
    Result<std::vector<std::optional<Small>>> read(std::span<const SampleId> ids, Small (*reduce)(const Picture &))
    {
        const auto rows = sampleRows(m_project, ids);
        const auto facts = sampleFacts(m_project, ids);
        if (!rows || !facts)
            return fail(rows ? facts.error() : rows.error());
        std::unordered_map<SampleId, std::size_t> places;
        for (std::size_t i = 0; i < ids.size(); ++i)
            places.emplace(ids[i], i);
        std::vector<std::optional<Small>> made(ids.size());
        std::vector<std::string> problems(rows->size());
        m_arena.execute([&] {
            tbb::parallel_for(std::size_t(0), std::min(rows->size(), facts->size()), [&](std::size_t i) {
                if (m_stop.stop_requested())
                    return;
                const ReadingMark mark((*rows)[i].source);
                const auto picture = m_pixels.read((*rows)[i].crop, (*facts)[i]);
                if (picture)
                    made[places.at((*rows)[i].id)] = reduce(*picture);
                else
                    problems[i] = picture.error().message;
            });
        });
        if (m_stop.stop_requested())
            return fail(stopped());
        for (std::size_t i = 0; i < problems.size(); ++i)
            if (!problems[i].empty())
                m_problems.emplace((*rows)[i].id, DedupReport::Skipped{(*rows)[i].source, problems[i]});
        return made;
    }

    /// In the order of their ids, each once.
    std::vector<DedupReport::Skipped> problems() const
    {
        std::vector<DedupReport::Skipped> all;
        for (const auto &[id, problem] : m_problems)
            all.push_back(problem);
        return all;
    }

private:
    PictureReader(const Project &project, SamplePixels pixels, std::stop_token stop)
        : m_project(project)
        , m_pixels(std::move(pixels))
        , m_stop(std::move(stop))
    {
    }

    const Project &m_project;
    SamplePixels m_pixels;
    std::stop_token m_stop;
    tbb::task_arena m_arena{pictureThreads()};
    std::map<SampleId, DedupReport::Skipped> m_problems;
};

struct HashOfHash
{
    std::size_t operator()(const Hash128 &hash) const
    {
        std::size_t value = 0;
        std::memcpy(&value, hash.data(), sizeof value);
        return value;
    }
};

/// Of every sample the position of the first one with the same pixels.
std::vector<std::size_t> firstsWithPixels(const std::vector<SampleLook> &looks)
{
    std::unordered_map<Hash128, std::size_t, HashOfHash> firstWith;
    std::vector<std::size_t> firsts(looks.size());
    for (std::size_t i = 0; i < looks.size(); ++i)
        firsts[i] = looks[i].pixelHash ? firstWith.emplace(*looks[i].pixelHash, i).first->second : i;
    return firsts;
}

/// Makes the missing hashes, one for samples with the same pixels, and keeps them page by page.
Result<std::int64_t> hashMissing(Project &project, PictureReader &reader, std::vector<SampleLook> &looks,
                                 const std::vector<std::size_t> &firsts, const Job &job)
{
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < looks.size(); ++i)
        if (firsts[i] == i && !looks[i].perceptualHash)
            missing.push_back(i);
    std::int64_t made = 0;
    for (std::size_t from = 0; from < missing.size(); from += readAtOnce) {
        if (job.stop.stop_requested())
            return fail(stopped());
        job.report({std::int64_t(from), std::int64_t(missing.size()), "perceptual hashes"});
        const std::span page = std::span(missing).subspan(from, std::min(readAtOnce, missing.size() - from));
        std::vector<SampleId> ids;
        for (const std::size_t i : page)
            ids.push_back(looks[i].id);
        const auto hashes = reader.read<std::uint64_t>(ids, [](const Picture &seen) { return perceptualHash(seen); });
        if (!hashes)
            return fail(hashes.error());
        std::vector<std::pair<SampleId, std::uint64_t>> kept;
        for (std::size_t k = 0; k < page.size(); ++k) {
            looks[page[k]].perceptualHash = (*hashes)[k];
            if ((*hashes)[k])
                kept.emplace_back(ids[k], *(*hashes)[k]);
        }
        if (const auto stored = storePerceptualHashes(project, kept); !stored)
            return fail(stored.error());
        made += std::int64_t(kept.size());
    }
    return made;
}

/// Joins faces that were cut out of copies of one picture or frame.
Result<> joinFaceCopies(const Project &project, PictureReader &reader, const std::vector<SampleLook> &looks,
                        int distance, DisjointSets &sets, const Job &job)
{
    const auto faces = facesInPictures(project, job);
    if (!faces)
        return fail(faces.error());
    auto copies = faceCopies(
        *faces, distance,
        [&](std::span<const std::size_t> positions) {
            std::vector<SampleId> ids;
            for (const std::size_t position : positions)
                ids.push_back((*faces)[position].id);
            return reader.read<SmallGrey>(ids, [](const Picture &seen) { return SmallGrey(seen); });
        },
        job);
    if (!copies)
        return fail(copies.error());
    const auto placeOf = [&](std::size_t face) { // both are in the order of their ids
        const auto look = std::lower_bound(looks.begin(), looks.end(), (*faces)[face].id,
                                           [](const SampleLook &one, SampleId id) { return one.id < id; });
        return std::size_t(look - looks.begin());
    };
    for (std::size_t face = 0; face < faces->size(); ++face)
        if (const std::size_t first = copies->rootOf(face); first != face)
            sets.join(placeOf(first), placeOf(face));
    return {};
}

/// Groups of two or more, by position.
std::vector<std::vector<SampleId>> groupsOf(const std::vector<SampleLook> &looks, DisjointSets &sets)
{
    std::map<std::size_t, std::vector<SampleId>> members;
    std::vector<std::int32_t> sizes(looks.size());
    for (std::size_t i = 0; i < looks.size(); ++i)
        ++sizes[sets.rootOf(i)];
    for (std::size_t i = 0; i < looks.size(); ++i)
        if (const std::size_t root = sets.rootOf(i); sizes[root] > 1)
            members[root].push_back(looks[i].id);
    std::vector<std::vector<SampleId>> groups;
    for (auto &[root, group] : members)
        groups.push_back(std::move(group));
    return groups;
}

} // namespace

Result<DedupReport> findNearDuplicates(Project &project, const DedupOptions &options, const Job &job)
{
    auto looks = sampleLooks(project, job);
    if (!looks)
        return fail(looks.error());
    DedupReport report;
    report.samples = std::int64_t(looks->size());
    const std::vector<std::size_t> firsts = firstsWithPixels(*looks);
    DisjointSets sets(looks->size());
    if (options.distance > 0) {
        auto reader = PictureReader::open(project, job);
        if (!reader)
            return fail(reader.error());
        const auto hashed = hashMissing(project, *reader, *looks, firsts, job);
        if (!hashed)
            return fail(hashed.error());
        report.hashed = *hashed;
        std::vector<std::uint64_t> hashes(looks->size());
        for (std::size_t i = 0; i < hashes.size(); ++i)
            if (firsts[i] == i)
                hashes[i] = (*looks)[i].perceptualHash.value_or(0);
        const auto readSmall = [&](std::span<const std::size_t> positions) {
            std::vector<SampleId> ids;
            for (const std::size_t position : positions)
                ids.push_back((*looks)[position].id);
            return reader->read<SmallGrey>(ids, [](const Picture &seen) { return SmallGrey(seen); });
        };
        auto alike = lookAlikes(hashes, options.distance, readSmall, job);
        if (!alike)
            return fail(alike.error());
        sets = std::move(*alike);
        if (const auto joined = joinFaceCopies(project, *reader, *looks, options.distance, sets, job); !joined)
            return fail(joined.error());
        report.skipped = reader->problems();
    }
    for (std::size_t i = 0; i < firsts.size(); ++i)
        sets.join(firsts[i], i);
    if (const auto stored = storeNearDuplicates(project, groupsOf(*looks, sets), options.distance, job); !stored)
        return fail(stored.error());
    auto groups = nearDuplicateGroups(project);
    if (!groups)
        return fail(groups.error());
    report.groups = std::move(*groups);
    job.report({report.samples, report.samples, ""});
    return report;
}

bool isNearDuplicateSearchDue(const Project &project)
{
    const auto search = lastNearDuplicateSearch(project);
    return !search || search->distance == 0 || search->samplesSince > 0;
}

Result<> findDueNearDuplicates(Project &project, const Job &job)
{
    if (!isNearDuplicateSearchDue(project))
        return {};
    DedupOptions options;
    if (const auto search = lastNearDuplicateSearch(project); search && search->distance > 0)
        options.distance = search->distance;
    const auto found = findNearDuplicates(project, options, job);
    return found ? Result<>() : fail(found.error());
}

} // namespace mien
