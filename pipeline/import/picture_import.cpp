#include "pipeline/import/picture_import.h"

#include "models/base/threads.h"
#include "pipeline/dedup/perceptual_hash.h"
#include "pipeline/imaging/content_kind.h"
#include "pipeline/imaging/cut_out.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/imaging/picture_header.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/jobs/reading_mark.h"

#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

namespace mien {

namespace {

constexpr double leastRows = 0.9;
constexpr double leastFacePx = 40;
constexpr int jpegQuality = 85;
constexpr std::size_t headBytes = 64 * 1024; // what a dry run looks at

/// What reading one picture gave.
struct ReadPicture
{
    PictureEntry *entry = nullptr;
    bool keep = false;
    NewMedia media;
    std::vector<Problem> problems;
    std::optional<ContentMatch> match; ///< Where it was looked for in a table.
};

/// What fits into a square of `sidePx`.
Picture fitted(const Imaging &codec, const Picture &picture, int sidePx)
{
    const int longer = std::max(picture.widthPx, picture.heightPx);
    const int width = std::max(1, picture.widthPx * sidePx / longer),
              height = std::max(1, picture.heightPx * sidePx / longer);
    return codec.resized(picture, width, height);
}

/// Upright, for the perceptual hash. A large picture is shrunk before it is turned: several copies of 100 million
/// pixels need not fit into memory.
Picture uprightForHash(const Imaging &codec, Picture picture)
{
    constexpr int largePx = 1536;
    const bool isLarge = std::max(picture.widthPx, picture.heightPx) > largePx;
    return upright(isLarge ? fitted(codec, picture, largePx / 2) : std::move(picture));
}

bool isConstant(const Picture &picture)
{
    const std::size_t channels = std::size_t(picture.channels);
    for (std::size_t i = channels; i < picture.pixels.size(); ++i)
        if (picture.pixels[i] != picture.pixels[i - channels])
            return false;
    return true;
}

class Reader
{
public:
    Reader(const Imaging *codec, const PictureExpectation &expectation, const ContentJoin *join)
        : m_codec(codec)
        , m_expectation(expectation)
        , m_join(join)
    {
    }

    ReadPicture read(PictureEntry &entry) const;

private:
    void look(ReadPicture &read, std::span<const std::uint8_t> bytes) const;

    const Imaging *m_codec; ///< Null: a dry run, nothing is decoded.
    PictureExpectation m_expectation;
    const ContentJoin *m_join; ///< Null: pictures are looked for in no table.
};

void addProblem(ReadPicture &read, std::string reason, std::string detail)
{
    const NewSample &sample = read.entry->item.sample;
    read.problems.push_back({std::move(reason), sample.sourceKey, sample.displaySource, 0, std::move(detail)});
}

ReadPicture Reader::read(PictureEntry &entry) const
{
    ReadPicture read{&entry, false, {}, {}, {}};
    read.media = newMedia(entry.path, "image");
    constexpr std::int64_t maxBytes = 1ll << 30;
    if (read.media.bytes > maxBytes) {
        addProblem(read, "UNREADABLE_FILE", "It has more than 1 GiB; no picture of 100 million pixels does.");
        return read;
    }
    const auto bytes = wholeFile(entry.path, m_codec ? SIZE_MAX : headBytes);
    if (!bytes) {
        addProblem(read, bytes.error().code == ErrorCode::NotFound ? "MISSING_FILE" : "UNREADABLE_FILE",
                   bytes.error().message);
        return read;
    }
    look(read, *bytes);
    return read;
}

void Reader::look(ReadPicture &read, std::span<const std::uint8_t> bytes) const
{
    NewSample &sample = read.entry->item.sample;
    const ContentKind kind = contentKindOf(bytes);
    if (!isPicture(kind)) {
        addProblem(read, pictureProblem(kind), "It is " + describe(kind) + ".");
        return;
    }
    const auto header = pictureHeader(bytes);
    if (!header && (m_codec || bytes.size() < headBytes)) {
        addProblem(read, "UNREADABLE_FILE", header.error().message);
        return;
    }
    if (!extensionFits(kind, extensionOf(read.entry->path.native())))
        addProblem(read, "EXT_MISMATCH", "It is " + describe(kind) + ", whatever its name says.");
    if (header && sample.box && !canCutOut(*sample.box, header->widthPx, header->heightPx)) {
        addProblem(read, "BAD_BOX", "The box does not lie in the picture; it is left out.");
        sample.flags.emplace_back("bad_box");
        sample.box.reset();
    }
    if (sample.box && std::min(sample.box->width, sample.box->height) < leastFacePx)
        sample.flags.emplace_back("lowres");
    read.keep = true;
    if (!m_codec)
        return;

    auto picture = m_codec->decode(bytes, 0);
    if (!picture) {
        read.keep = false;
        addProblem(read, "UNREADABLE_FILE", picture.error().message);
        return;
    }
    const std::string rows =
        std::to_string(picture->decodedRows) + " of " + std::to_string(picture->heightPx) + " rows can be read";
    if (picture->truncated && picture->decodedRows < leastRows * picture->heightPx) {
        read.keep = false;
        addProblem(read, "TRUNCATED_IMAGE", "Skipped: " + rows + ", which is less than 90 %.");
        read.problems.back().skips = true;
        return;
    }
    if (picture->truncated) {
        addProblem(read, "TRUNCATED_IMAGE", rows + "; kept.");
        sample.flags.emplace_back("truncated");
    }
    if (picture->grayAsRgb)
        sample.flags.emplace_back("gray_as_rgb");
    if (m_expectation.sidePx > 0 &&
        (picture->widthPx != m_expectation.sidePx || picture->heightPx != m_expectation.sidePx))
        addProblem(read, "SIZE_UNEXPECTED",
                   std::to_string(picture->widthPx) + " x " + std::to_string(picture->heightPx) + " instead of " +
                       std::to_string(m_expectation.sidePx) + " x " + std::to_string(m_expectation.sidePx) +
                       " pixels.");
    read.media.hash = bytesHash(bytes);
    read.media.widthPx = picture->widthPx;
    read.media.heightPx = picture->heightPx;
    read.media.orientation = picture->orientation;
    Picture same = shownOf(std::move(*picture), sample.box);
    if (isConstant(same)) {
        addProblem(read, "BLANK_IMAGE", "All its pixels are equal.");
        sample.flags.emplace_back("blank_image");
    }
    sample.widthPx = same.widthPx;
    sample.heightPx = same.heightPx;
    sample.pixelHash = pixelHash(same.widthPx, same.heightPx, same.channels, same.pixels);
    if (m_join)
        read.match =
            m_join->attach(same, bytes, *m_codec, read.entry->item, [&](std::string reason, std::string detail) {
                addProblem(read, std::move(reason), std::move(detail));
            });
    PictureThumbnails small = thumbnailsOf(*m_codec, same);
    if (!sample.box) // else it is the boxed part that is to be compared
        sample.perceptualHash = perceptualHash(uprightForHash(*m_codec, std::move(same)));
    read.entry->item.thumbnail96 = std::move(small.jpeg96);
    read.entry->item.thumbnail192 = std::move(small.jpeg192);
}

} // namespace

PictureThumbnails thumbnailsOf(const Imaging &codec, const Picture &picture)
{
    const bool isSmall = std::max(picture.widthPx, picture.heightPx) <= largeThumbnailPx;
    const Picture large = upright(isSmall ? picture : fitted(codec, picture, largeThumbnailPx));
    const auto jpegOf = [&](const Picture &small) { return codec.encodeJpeg(small, jpegQuality); };
    return {isSmall ? std::vector<std::uint8_t>() : jpegOf(fitted(codec, large, smallThumbnailPx)), jpegOf(large)};
}

const char *pictureProblem(ContentKind kind)
{
    switch (kind) {
    case ContentKind::Empty: return "ZERO_BYTE";
    case ContentKind::LfsPointer: return "LFS_POINTER";
    case ContentKind::Html: return "NOT_DATA_HTML";
    case ContentKind::Script: return "NOT_DATA_TEXT";
    default: return "NOT_AN_IMAGE";
    }
}

int pictureThreads()
{
    return threadsAskedFor().value_or(hardwareThreads());
}

Result<> importPictures(std::vector<PictureEntry> entries, const PictureExpectation &expectation, ItemSink &sink,
                        const Job &job)
{
    const Imaging *codec = nullptr;
    if (!sink.isDryRun() || sink.contentJoin()) {
        const auto module = imaging();
        if (!module)
            return fail(module.error());
        codec = *module;
    }
    // Asked before the pipeline starts: the sink belongs to one thread at a time.
    std::erase_if(entries, [&](const PictureEntry &entry) {
        return sink.isLeftOut(entry.item.sample.sourceKey, entry.item.sample.displaySource);
    });
    std::vector<bool> wanted(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto isWanted = sink.wants(entries[i].item.sample.sourceKey);
        if (!isWanted)
            return fail(isWanted.error());
        wanted[i] = *isWanted;
    }

    const Reader reader(codec, expectation, sink.contentJoin());
    ProgressPace pace(job);
    const std::int64_t total = std::int64_t(entries.size());
    std::int64_t done = 0;
    std::size_t next = 0;
    std::optional<Error> failure;
    std::atomic<bool> failed = false;

    const auto keep = [&](ReadPicture read) -> Result<> {
        PictureEntry &entry = *read.entry;
        for (Problem &problem : read.problems)
            sink.problem(std::move(problem));
        pace.report(
            ++done, [&] { return total; }, entry.item.sample.displaySource);
        if (!wanted[std::size_t(read.entry - entries.data())])
            return sink.stored(entry.item);
        if (!read.keep)
            return {};
        if (read.match)
            sink.joined(*read.match);
        const auto media = sink.media(read.media);
        if (!media)
            return fail(media.error());
        entry.item.sample.media = *media;
        const auto kept = sink.item(entry.item);
        entry.item = {}; // a million thumbnails need not stay in memory
        return kept;
    };

    const int threads = pictureThreads();
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(
            std::size_t(threads) * 2,
            tbb::make_filter<void, PictureEntry *>(tbb::filter_mode::serial_in_order,
                                                   [&](tbb::flow_control &flow) -> PictureEntry * {
                                                       if (next == entries.size() || pace.stopped() || failed) {
                                                           flow.stop();
                                                           return nullptr;
                                                       }
                                                       return &entries[next++];
                                                   }) &
                tbb::make_filter<PictureEntry *, ReadPicture>(tbb::filter_mode::parallel,
                                                              [&](PictureEntry *entry) {
                                                                  if (!wanted[std::size_t(entry - entries.data())])
                                                                      return ReadPicture{entry, true, {}, {}, {}};
                                                                  const ReadingMark mark(entry->item.sample.sourceKey);
                                                                  return reader.read(*entry);
                                                              }) &
                tbb::make_filter<ReadPicture, void>(tbb::filter_mode::serial_in_order, [&](ReadPicture read) {
                    if (failed)
                        return;
                    if (const auto kept = keep(std::move(read)); !kept) {
                        failure = kept.error();
                        failed = true;
                    }
                }));
    });
    if (failure)
        return fail(*failure);
    if (pace.stopped())
        return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
    pace.finish(done, "");
    return {};
}

} // namespace mien
