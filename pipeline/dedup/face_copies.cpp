#include "pipeline/dedup/face_copies.h"

#include "pipeline/dedup/hash_classes.h"
#include "pipeline/face/alignment.h"
#include "pipeline/face/box_overlap.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mien {

namespace {

constexpr std::int64_t sameTimeUs = 50'000;
constexpr double leastOverlap = 0.5;
constexpr double mostStretched = 1.02; ///< What rounding the sides of a resized picture does, and no more.

Similarity after(const Similarity &outer, const Similarity &inner)
{
    const PointPx shift = outer({inner.tx, inner.ty});
    return {outer.a * inner.a - outer.b * inner.b, outer.b * inner.a + outer.a * inner.b, shift.x, shift.y};
}

/// Of pixels, whose centres have whole coordinates, to those of a picture `scale` times as large.
Similarity resized(double scale)
{
    return {scale, 0, (scale - 1) / 2, (scale - 1) / 2};
}

/// A face as it has to be compared.
struct Face
{
    std::size_t position = 0; ///< Of those that were given.
    std::int64_t media = 0;
    std::optional<std::int64_t> timeUs;
    BoxPx shares; ///< Of the picture's sides: copies of all sizes have the same ones.
    double widthPx = 0, heightPx = 0;
    Similarity cellFromFrame; ///< Cells of the small crop.
};

std::optional<Face> comparable(const FaceInPicture &given, std::size_t position)
{
    const auto cropFromFrame = Similarity::fromText(given.cropFromFrame);
    const double width = given.picture.widthPx, height = given.picture.heightPx;
    if (!cropFromFrame || !(cropFromFrame->scale() > 0) || width < 1 || height < 1 || given.cropWidthPx < 1 ||
        given.cropWidthPx != given.cropHeightPx || !(given.box.width > 0) || !(given.box.height > 0))
        return std::nullopt; // stored by something else than an extraction
    return Face{
        .position = position,
        .media = given.media.value,
        .timeUs = given.timeUs,
        .shares = {given.box.x / width, given.box.y / height, given.box.width / width, given.box.height / height},
        .widthPx = width,
        .heightPx = height,
        .cellFromFrame = after(resized(double(SmallGrey::sidePx) / given.cropWidthPx), *cropFromFrame)};
}

class Search
{
public:
    Search(std::span<const FaceInPicture> faces, int distance, const Job &job)
        : m_distance(distance)
        , m_job(job)
        , m_classes(hashesOf(faces))
        , m_faces(faces.size())
        , m_sets(faces.size())
    {
        for (std::size_t i = 0; i < faces.size(); ++i)
            m_faces[i] = comparable(faces[i], i);
    }

    Result<> readCandidates(const ReadSmallGreys &read)
    {
        std::vector<bool> isCandidate(m_faces.size());
        m_job.report({0, 0, "comparing sources"});
        if (!forEachCounterpart([&](const Face &one, const Face &other) {
                isCandidate[one.position] = isCandidate[other.position] = true;
            }))
            return stopped();
        return m_greys.read(isCandidate, read, m_job);
    }

    Result<> confirm()
    {
        m_job.report({0, 0, "comparing faces"});
        return forEachCounterpart([&](const Face &one, const Face &other) {
            if (!m_sets.areJoined(one.position, other.position) && areAlike(one, other))
                m_sets.join(one.position, other.position);
        })
                   ? Result<>()
                   : stopped();
    }

    DisjointSets takeSets() { return std::move(m_sets); }

private:
    static std::vector<std::uint64_t> hashesOf(std::span<const FaceInPicture> faces)
    {
        std::vector<std::uint64_t> hashes;
        for (const FaceInPicture &face : faces)
            hashes.push_back(face.picture.perceptualHash);
        return hashes;
    }
    static Result<> stopped() { return fail(ErrorCode::Cancelled, "Looking for near-duplicates was stopped."); }

    /// Calls `found` for every two faces of near pictures that may be one by file, time and place.
    /// @return false when it was stopped
    template <typename Found>
    bool forEachCounterpart(Found found)
    {
        return m_classes.forEachPair(m_distance, m_job.stop, [&](const HashClass &a, const HashClass &b) {
            compare(a, b, found);
        }) && !m_job.stop.stop_requested();
    }

    /// A video of a still scene is one class of thousands of frames: only those of the same time are looked at.
    template <typename Found>
    void compare(const HashClass &a, const HashClass &b, Found &found)
    {
        std::vector<const Face *> timeless, byTime;
        for (const std::size_t position : b)
            if (const auto &face = m_faces[position])
                (face->timeUs ? byTime : timeless).push_back(&*face);
        std::sort(byTime.begin(), byTime.end(), [](const Face *x, const Face *y) { return *x->timeUs < *y->timeUs; });
        const auto judge = [&](const Face &one, const Face &other) {
            if ((&a != &b || one.position < other.position) && one.media != other.media && isSamePlace(one, other))
                found(one, other);
        };
        for (const std::size_t position : a) {
            const auto &one = m_faces[position];
            if (m_job.stop.stop_requested() || !one)
                continue;
            for (const Face *other : timeless)
                judge(*one, *other);
            auto from = byTime.begin();
            if (one->timeUs)
                from = std::lower_bound(byTime.begin(), byTime.end(), *one->timeUs - sameTimeUs,
                                        [](const Face *face, std::int64_t timeUs) { return *face->timeUs < timeUs; });
            for (; from != byTime.end() && (!one->timeUs || *(*from)->timeUs <= *one->timeUs + sameTimeUs); ++from)
                judge(*one, **from);
        }
    }

    static bool isSamePlace(const Face &one, const Face &other)
    {
        const double stretched = one.widthPx * other.heightPx / (one.heightPx * other.widthPx);
        return stretched < mostStretched && stretched > 1 / mostStretched &&
               overlapOf(one.shares, other.shares) >= leastOverlap;
    }

    bool areAlike(const Face &one, const Face &other) const
    {
        const SmallGrey *const grey = m_greys.at(one.position), *const otherGrey = m_greys.at(other.position);
        if (!grey || !otherGrey)
            return false;
        const double scale = std::sqrt(other.widthPx * other.heightPx / (one.widthPx * one.heightPx));
        const Similarity otherFromOne = after(after(other.cellFromFrame, resized(scale)), one.cellFromFrame.inverse());
        return grey->correlation(*otherGrey, otherFromOne) >= leastCorrelation;
    }

    int m_distance;
    const Job &m_job;
    HashClasses m_classes; ///< Of the pictures.
    std::vector<std::optional<Face>> m_faces;
    CandidateGreys m_greys;
    DisjointSets m_sets;
};

} // namespace

Result<DisjointSets> faceCopies(std::span<const FaceInPicture> faces, int distance, const ReadSmallGreys &read,
                                const Job &job)
{
    Search search(faces, distance, job);
    if (const auto done = search.readCandidates(read); !done)
        return fail(done.error());
    if (const auto done = search.confirm(); !done)
        return fail(done.error());
    return search.takeSets();
}

} // namespace mien
