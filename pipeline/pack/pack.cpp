#include "pipeline/pack/pack.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/picture_import.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/pack/crop_landmarks.h"
#include "pipeline/pack/fold_groups.h"
#include "pipeline/pack/sample_pixels.h"
#include "pipeline/store/leftovers.h"
#include "pipeline/store/project.h"
#include "pipeline/store/samples.h"
#include "pipeline/store/snapshots.h"

#include <nlohmann/json.hpp>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace mien {

namespace {

namespace fs = std::filesystem;

/// One sample of the pack, before its pixels are read.
struct Row
{
    SampleId id;
    std::string source, label; ///< Label: class name, empty without one.
    Split split = Split::None;
    std::optional<CropId> crop;
    SampleFacts origin;
    std::int64_t group = 0;
    int labelIndex = -1;
    PointsInSquare points;
    std::map<std::string, int> votes; ///< As annotators gave them; later by the names of the pack's options.
};

struct Contents
{
    std::vector<Row> rows;
    std::vector<std::string> classes;
    std::vector<std::string> voteOptions; ///< The classes, then what else was voted for; empty: nobody voted.

    bool hasLandmarks() const
    {
        return std::any_of(rows.begin(), rows.end(), [](const Row &row) { return areKnown(row.points.landmarks); });
    }
    bool hasOutlines() const
    {
        return std::any_of(rows.begin(), rows.end(), [](const Row &row) { return areKnown(row.points.outline); });
    }
};

/// Names votes by the classes of the pack, whatever alias the data set used.
void numberVotes(const Project &project, Contents &contents)
{
    std::map<std::string, std::string> optionOf;
    std::set<std::string> others;
    const auto isClass = [&](const std::string &name) {
        return std::find(contents.classes.begin(), contents.classes.end(), name) != contents.classes.end();
    };
    for (Row &row : contents.rows) {
        std::map<std::string, int> counts;
        for (const auto &[name, count] : row.votes) {
            const auto [known, isNew] = optionOf.try_emplace(name, name);
            if (isNew && !isClass(name))
                if (const auto canonical = canonicalClassNamed(name))
                    known->second = project.className(*canonical);
            counts[known->second] += count;
            if (!isClass(known->second))
                others.insert(known->second);
        }
        row.votes = std::move(counts);
    }
    if (optionOf.empty())
        return;
    contents.voteOptions = contents.classes;
    contents.voteOptions.insert(contents.voteOptions.end(), others.begin(), others.end());
}

void leaveOutOtherSpaces(const Project &project, const std::string &space, std::vector<Row> &rows,
                         std::vector<SampleKin> &kin)
{
    std::map<std::string, bool> isOther;
    for (const ExpressionClass &known : project.classes())
        isOther[known.name] = known.space != space && known.space != "user";
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto known = isOther.find(rows[i].label);
        if (known != isOther.end() && known->second)
            continue;
        if (kept != i) {
            rows[kept] = std::move(rows[i]);
            kin[kept] = std::move(kin[i]);
        }
        ++kept;
    }
    rows.resize(kept);
    kin.resize(kept);
}

Result<Contents> contentsOf(const Project &project, const PackOptions &options, const Job &job)
{
    std::vector<SampleId> ids;
    std::map<SampleId, const SnapshotSample *> frozen;
    Result<std::vector<SnapshotSample>> snapshot;
    if (options.snapshot) {
        snapshot = snapshotSamples(project, *options.snapshot, options.filter);
        if (!snapshot)
            return fail(snapshot.error());
        for (const SnapshotSample &sample : *snapshot) {
            ids.push_back(sample.id);
            frozen.emplace(sample.id, &sample);
        }
        std::sort(ids.begin(), ids.end());
    } else if (!options.samples.empty()) {
        ids = options.samples;
    } else {
        auto matching = samplesMatching(project, options.filter);
        if (!matching)
            return fail(matching.error());
        ids = std::move(*matching);
    }
    Contents contents;
    contents.rows.reserve(ids.size());
    std::vector<SampleKin> kin;
    constexpr std::size_t page = 4096;
    for (std::size_t from = 0; from < ids.size(); from += page) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Packing was stopped.");
        const std::span part = std::span(ids).subspan(from, std::min(page, ids.size() - from));
        const auto samples = sampleRows(project, part);
        const auto origins = sampleFacts(project, part);
        const auto landmarks = storedLandmarks(project, part);
        if (!samples)
            return fail(samples.error());
        if (!origins)
            return fail(origins.error());
        if (!landmarks)
            return fail(landmarks.error());
        for (std::size_t i = 0; i < samples->size() && i < origins->size(); ++i) {
            const SampleRow &sample = (*samples)[i];
            const auto kept = frozen.find(sample.id);
            if (sample.excluded && kept == frozen.end())
                continue;
            Row row{.id = sample.id,
                    .source = sample.source,
                    .split = sample.split,
                    .crop = sample.crop,
                    .origin = (*origins)[i]};
            if (const auto stored = landmarks->find(sample.id); stored != landmarks->end())
                row.points = landmarksInSquare(stored->second, sample, row.origin, options.sidePx);
            if (kept != frozen.end()) {
                row.split = kept->second->split;
                if (!labelStateNamed(kept->second->label))
                    row.label = kept->second->label;
            } else if (sample.label) {
                row.label = project.className(*sample.label);
            }
            // Whoever gave another label has seen more than the annotators said.
            if (sample.given && row.label == project.className(*sample.given))
                row.votes = sample.votes;
            kin.push_back(
                {sample.dataSet, sample.subject, sample.sequence, sample.duplicateGroup, sample.nearDuplicateGroup});
            contents.rows.push_back(std::move(row));
        }
    }
    contents.classes = options.classes;
    if (!options.space.empty())
        leaveOutOtherSpaces(project, options.space, contents.rows, kin);
    if (contents.classes.empty()) {
        for (const ExpressionClass &known : project.classes())
            if (std::any_of(contents.rows.begin(), contents.rows.end(),
                            [&](const Row &row) { return row.label == known.name; }))
                contents.classes.push_back(known.name);
    }
    numberVotes(project, contents);
    FoldGroups groups(contents.rows.size());
    for (std::size_t i = 0; i < contents.rows.size(); ++i) {
        Row &row = contents.rows[i];
        const auto place = std::find(contents.classes.begin(), contents.classes.end(), row.label);
        row.labelIndex = place == contents.classes.end() ? -1 : int(place - contents.classes.begin());
        groups.joinKin(i, kin[i]);
    }
    const std::vector<std::int64_t> numbers = groups.groups();
    for (std::size_t i = 0; i < contents.rows.size(); ++i)
        contents.rows[i].group = contents.rows[std::size_t(numbers[i])].id.value;
    return contents;
}

std::string hexOf128(XXH128_hash_t hash)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    Hash128 bytes;
    std::memcpy(bytes.data(), canonical.digest, bytes.size());
    return hexOf(bytes);
}

/// Over everything that decides the bytes of the pack.
std::string nameFor(const Contents &contents, const PackOptions &options)
{
    std::string text = "mien-pack/1 side " + std::to_string(options.sidePx) + " channels " +
                       std::to_string(options.channels) + " classes";
    for (const std::string &name : contents.classes)
        text += ' ' + name;
    text += '\n';
    for (const Row &row : contents.rows) {
        text += std::to_string(row.id.value) + ' ' + std::to_string(row.labelIndex) + ' ' +
                std::to_string(int(row.split)) + ' ' + std::to_string(row.group) + ' ' +
                (row.crop               ? "crop " + std::to_string(row.crop->value)
                 : row.origin.pixelHash ? hexOf(*row.origin.pixelHash)
                                        : row.origin.mediaPath.native());
        if (const auto &box = row.origin.box; box)
            text += ' ' + std::to_string(box->x) + ' ' + std::to_string(box->y) + ' ' + std::to_string(box->width) +
                    ' ' + std::to_string(box->height);
        const auto addPoints = [&](const char *name, const auto &points) {
            if (areKnown(points))
                text.append(name).append(reinterpret_cast<const char *>(points.data()), sizeof points);
        };
        addPoints(" landmarks ", row.points.landmarks);
        addPoints(" outline ", row.points.outline);
        for (const auto &[option, count] : row.votes)
            text += ' ' + option + ' ' + std::to_string(count);
        text += '\n';
    }
    return hexOf128(XXH3_128bits(text.data(), text.size()));
}

/// images.u8 being written: one channel until the first picture in colour makes it three.
class ImageFile
{
public:
    ImageFile(fs::path path, int sidePx, int channels)
        : m_path(std::move(path))
        , m_pixels(std::size_t(sidePx) * std::size_t(sidePx))
        , m_isFixed(channels != 0)
        , m_channels(channels == 3 ? 3 : 1)
    {
        m_descriptor = open(m_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    ~ImageFile()
    {
        if (m_descriptor >= 0)
            close(m_descriptor);
    }
    ImageFile(const ImageFile &) = delete;
    ImageFile &operator=(const ImageFile &) = delete;

    Result<> add(const Picture &picture)
    {
        if (picture.channels == 3 && m_channels == 1 && !m_isFixed)
            if (const auto widened = widen(); !widened)
                return widened;
        const Picture form = m_channels == 1 ? grey(picture) : picture.channels == 3 ? picture : rgb(picture);
        const std::size_t start = m_buffer.size();
        m_buffer.resize(start + m_pixels * std::size_t(m_channels));
        for (std::size_t c = 0; c < std::size_t(m_channels); ++c)
            for (std::size_t i = 0; i < m_pixels; ++i)
                m_buffer[start + c * m_pixels + i] = form.pixels[i * std::size_t(m_channels) + c];
        ++m_count;
        return m_buffer.size() > (4u << 20) ? flush() : Result<>();
    }

    /// Everything is on the disk afterwards. @return hash of all bytes
    Result<std::string> finish()
    {
        if (const auto flushed = flush(); !flushed)
            return fail(flushed.error());
        if (fsync(m_descriptor) != 0)
            return failed();
        XXH3_state_t *const state = XXH3_createState();
        XXH3_128bits_reset(state);
        std::vector<std::uint8_t> piece(1 << 20);
        off_t at = 0;
        ssize_t count = 0;
        while ((count = pread(m_descriptor, piece.data(), piece.size(), at)) > 0) {
            XXH3_128bits_update(state, piece.data(), std::size_t(count));
            at += count;
        }
        const std::string hash = hexOf128(XXH3_128bits_digest(state));
        XXH3_freeState(state);
        if (count < 0 || at != bytes())
            return failed();
        return hash;
    }

    int channels() const { return m_channels; }
    off_t bytes() const { return off_t(std::size_t(m_count) * m_pixels * std::size_t(m_channels)); }

private:
    tl::unexpected<Error> failed() const
    {
        return fail(errno == ENOSPC || errno == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                    shown(m_path) + " cannot be written: " + std::strerror(errno) +
                        ". Free some space and run it again.");
    }

    Result<> writeAt(const std::vector<std::uint8_t> &bytes, off_t at)
    {
        for (std::size_t written = 0; written < bytes.size();) {
            const ssize_t count =
                pwrite(m_descriptor, bytes.data() + written, bytes.size() - written, at + off_t(written));
            if (count < 0 && errno != EINTR)
                return failed();
            written += std::size_t(std::max<ssize_t>(0, count));
        }
        return {};
    }

    Result<> flush()
    {
        if (m_descriptor < 0)
            return failed();
        if (const auto written = writeAt(m_buffer, m_written); !written)
            return written;
        m_written += off_t(m_buffer.size());
        m_buffer.clear();
        return {};
    }

    /// Repeats every grey picture written so far, last first, so that no byte is overwritten before it was read.
    Result<> widen()
    {
        if (const auto flushed = flush(); !flushed)
            return flushed;
        std::vector<std::uint8_t> plane(m_pixels), planes;
        for (std::int64_t i = m_count - 1; i >= 0; --i) {
            if (pread(m_descriptor, plane.data(), plane.size(), off_t(std::size_t(i) * m_pixels)) !=
                ssize_t(plane.size()))
                return failed();
            planes.clear();
            for (int c = 0; c < 3; ++c)
                planes.insert(planes.end(), plane.begin(), plane.end());
            if (const auto written = writeAt(planes, off_t(std::size_t(i) * m_pixels * 3)); !written)
                return written;
        }
        m_channels = 3;
        m_written = bytes();
        return {};
    }

    fs::path m_path;
    std::size_t m_pixels;
    bool m_isFixed;
    int m_channels;
    int m_descriptor = -1;
    std::int64_t m_count = 0;
    off_t m_written = 0;
    std::vector<std::uint8_t> m_buffer;
};

/// A folder that is gone again unless it was kept.
class ScratchFolder
{
public:
    explicit ScratchFolder(fs::path path)
        : m_path(std::move(path))
    {
        std::error_code error;
        fs::remove_all(m_path, error);
        fs::create_directories(m_path, error);
    }
    ~ScratchFolder()
    {
        std::error_code error;
        fs::remove_all(m_path, error);
    }
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    const fs::path &path() const { return m_path; }

private:
    fs::path m_path;
};

Result<> writeWhole(const fs::path &path, std::string_view text)
{
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    std::size_t written = 0;
    while (descriptor >= 0 && written < text.size()) {
        const ssize_t count = write(descriptor, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR)
            break;
        written += std::size_t(std::max<ssize_t>(0, count));
    }
    const bool isWhole = descriptor >= 0 && written == text.size() && fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (!isWhole)
        return fail(reason == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                    shown(path) + " cannot be written: " + std::strerror(reason) + ".");
    return {};
}

/// A pack that is whole: its index says how many bytes the images have.
std::optional<PackReport> existing(const fs::path &folder, const std::string &hash)
{
    std::error_code error;
    const auto text = headOf(folder / "index.json", 1u << 30);
    if (!text)
        return std::nullopt;
    const auto index = nlohmann::json::parse(*text, nullptr, false);
    if (!index.is_object() || index.value("format", "") != "mien-pack/1")
        return std::nullopt;
    PackReport report;
    report.folder = folder;
    report.hash = hash;
    report.samples = index.value("count", std::int64_t(0));
    report.channels = index.value("channels", 0);
    report.bytes = report.samples * report.channels * index.value("side", 0) * index.value("side", 0);
    report.isReused = true;
    const auto isWhole = [&](const char *name, std::int64_t bytes) {
        return std::int64_t(fs::file_size(folder / name, error)) == bytes;
    };
    const auto options = std::int64_t(index.value("votes", nlohmann::json::array()).size());
    if (!isWhole("images.u8", report.bytes) ||
        (index.contains("landmarks_xxh128") &&
         !isWhole("landmarks.f32", report.samples * std::int64_t(sizeof(FaceLandmarks)))) ||
        (index.contains("outlines_xxh128") &&
         !isWhole("outlines.f32", report.samples * std::int64_t(sizeof(FaceOutline)))) ||
        (options > 0 && !isWhole("votes.i32", report.samples * options * std::int64_t(sizeof(std::int32_t)))))
        return std::nullopt;
    return report;
}

/// What the index says of a part besides the images, and the hash of its bytes.
struct Part
{
    std::string name;
    std::string bytes;
    std::string hash() const { return hexOf128(XXH3_128bits(bytes.data(), bytes.size())); }
};

Part landmarksOf(const Contents &contents, const std::vector<std::size_t> &kept)
{
    Part part{"landmarks.f32", {}};
    for (const std::size_t position : kept) {
        const FaceLandmarks &points = contents.rows[position].points.landmarks;
        part.bytes.append(reinterpret_cast<const char *>(points.data()), sizeof points);
    }
    return part;
}

Part outlinesOf(const Contents &contents, const std::vector<std::size_t> &kept)
{
    Part part{"outlines.f32", {}};
    for (const std::size_t position : kept) {
        const FaceOutline &points = contents.rows[position].points.outline;
        part.bytes.append(reinterpret_cast<const char *>(points.data()), sizeof points);
    }
    return part;
}

Part votesOf(const Contents &contents, const std::vector<std::size_t> &kept)
{
    Part part{"votes.i32", {}};
    for (const std::size_t position : kept)
        for (const std::string &option : contents.voteOptions) {
            const auto &votes = contents.rows[position].votes;
            const auto found = votes.find(option);
            const std::int32_t count = found == votes.end() ? 0 : found->second;
            part.bytes.append(reinterpret_cast<const char *>(&count), sizeof count);
        }
    return part;
}

std::string indexText(const Contents &contents, const std::vector<std::size_t> &kept, const PackOptions &options,
                      int channels, const std::string &imagesHash, const std::optional<Part> &landmarks,
                      const std::optional<Part> &outlines, const std::optional<Part> &votes)
{
    nlohmann::ordered_json index;
    index["format"] = "mien-pack/1";
    index["count"] = kept.size();
    index["channels"] = channels;
    index["side"] = options.sidePx;
    index["classes"] = contents.classes;
    auto samples = nlohmann::ordered_json::array(), labels = samples, groups = samples, splits = samples;
    for (std::size_t position : kept) {
        const Row &row = contents.rows[position];
        samples.push_back(row.id.value);
        labels.push_back(row.labelIndex);
        groups.push_back(row.group);
        splits.push_back(int(row.split));
    }
    index["sample"] = std::move(samples);
    index["label"] = std::move(labels);
    index["group"] = std::move(groups);
    index["split"] = std::move(splits);
    index["images_xxh128"] = imagesHash;
    if (landmarks)
        index["landmarks_xxh128"] = landmarks->hash();
    if (outlines)
        index["outlines_xxh128"] = outlines->hash();
    if (votes) {
        index["votes"] = contents.voteOptions;
        index["votes_xxh128"] = votes->hash();
    }
    index["parameters"] = {
        {"filter", options.filter},
        {"snapshot", options.snapshot ? nlohmann::ordered_json(*options.snapshot) : nlohmann::ordered_json()},
        {"side", options.sidePx},
        {"channels", options.channels},
        {"fit", "largest square in the middle"},
        {"resize", "area when shrinking, else bilinear"}};
    return index.dump() + '\n';
}

} // namespace

Result<PackReport> makePack(const Project &project, const PackOptions &options, const Job &job)
{
    if (options.sidePx < 16 || options.sidePx > 512)
        return fail(ErrorCode::Invalid,
                    "The side of a pack is 16 to 512 pixels, not " + std::to_string(options.sidePx) + ".");
    if (options.channels != 0 && options.channels != 1 && options.channels != 3)
        return fail(ErrorCode::Invalid, "A pack has 1 or 3 channels, not " + std::to_string(options.channels) + ".");
    const auto contents = contentsOf(project, options, job);
    if (!contents)
        return fail(contents.error());
    if (contents->rows.empty())
        return fail(ErrorCode::Invalid, "There is nothing to pack: no sample matches" +
                                            (options.filter.empty() ? std::string() : " \"" + options.filter + "\"") +
                                            ".");
    const std::string hash = nameFor(*contents, options);
    const fs::path folder = project.folder() / "packs" / hash;
    if (const auto ready = existing(folder, hash))
        return *ready;

    std::error_code error;
    fs::create_directories(project.folder() / "packs", error);
    const std::int64_t needed =
        std::int64_t(contents->rows.size()) * options.sidePx * options.sidePx * (options.channels == 1 ? 1 : 3) +
        (16 << 20);
    if (const fs::space_info space = fs::space(project.folder(), error);
        !error && std::int64_t(space.available) < needed)
        return fail(ErrorCode::NoSpace, "The pack needs up to " + std::to_string(needed >> 20) + " MB and " +
                                            shown(project.folder()) + " has " + std::to_string(space.available >> 20) +
                                            " MB left; free some space or pack fewer samples.");
    const auto pixels = SamplePixels::open(project);
    if (!pixels)
        return fail(pixels.error());

    for (const fs::path &abandoned : leftovers(project.folder() / "packs")) // of jobs that were killed
        fs::remove_all(abandoned, error);
    const ScratchFolder scratch(project.folder() / "packs" / ("." + hash + "." + std::to_string(getpid()) + ".tmp"));
    ImageFile images(scratch.path() / "images.u8", options.sidePx, options.channels);
    PackReport report;
    std::vector<std::size_t> kept;
    std::optional<Error> failure;
    std::atomic<bool> failed = false;
    ProgressPace pace(job);
    std::size_t next = 0;
    using Read = std::pair<std::size_t, std::shared_ptr<Result<Picture>>>;
    const int threads = pictureThreads();
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_pipeline(
            std::size_t(threads) * 8,
            tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order,
                                                [&](tbb::flow_control &flow) -> std::size_t {
                                                    if (next == contents->rows.size() || failed || pace.stopped()) {
                                                        flow.stop();
                                                        return 0;
                                                    }
                                                    return next++;
                                                }) &
                tbb::make_filter<std::size_t, Read>(
                    tbb::filter_mode::parallel,
                    [&](std::size_t position) -> Read {
                        const Row &row = contents->rows[position];
                        const ReadingMark mark(row.source);
                        auto picture = std::make_shared<Result<Picture>>(pixels->read(row.crop, row.origin));
                        if (*picture)
                            **picture = squareOf(pixels->codec(), **picture, options.sidePx);
                        return {position, std::move(picture)};
                    }) &
                tbb::make_filter<Read, void>(tbb::filter_mode::serial_in_order, [&](const Read &read) {
                    if (failed)
                        return;
                    const auto &[position, picture] = read;
                    pace.report(
                        std::int64_t(position) + 1, [&] { return std::int64_t(contents->rows.size()); },
                        contents->rows[position].source);
                    if (!*picture) {
                        report.leftOut.push_back(
                            {contents->rows[position].source, picture->error().message, reasonOf(picture->error())});
                        return;
                    }
                    kept.push_back(position);
                    if (const auto added = images.add(**picture); !added) {
                        failure = added.error();
                        failed = true;
                    }
                }));
    });
    if (failure)
        return fail(*failure);
    if (pace.stopped())
        return fail(ErrorCode::Cancelled, "Packing was stopped.");
    if (kept.empty())
        return fail(ErrorCode::Unreadable, "None of the " + std::to_string(contents->rows.size()) +
                                               " pictures can be read, first " + report.leftOut.front().source + ": " +
                                               report.leftOut.front().reason);
    const auto imagesHash = images.finish();
    if (!imagesHash)
        return fail(imagesHash.error());
    const auto landmarks = contents->hasLandmarks() ? std::optional(landmarksOf(*contents, kept)) : std::nullopt;
    const auto outlines = contents->hasOutlines() ? std::optional(outlinesOf(*contents, kept)) : std::nullopt;
    const auto votes = contents->voteOptions.empty() ? std::nullopt : std::optional(votesOf(*contents, kept));
    for (const auto *part : {&landmarks, &outlines, &votes})
        if (*part)
            if (const auto written = writeWhole(scratch.path() / (*part)->name, (*part)->bytes); !written)
                return fail(written.error());
    const std::string index =
        indexText(*contents, kept, options, images.channels(), *imagesHash, landmarks, outlines, votes);
    if (const auto written = writeWhole(scratch.path() / "index.json", index); !written)
        return fail(written.error());
    fs::remove_all(folder, error); // a damaged one
    fs::rename(scratch.path(), folder, error);
    if (error)
        return fail(ErrorCode::Unreadable,
                    "The pack cannot be put into " + shown(folder) + ": " + error.message() + ".");
    report.folder = folder;
    report.hash = hash;
    report.samples = std::int64_t(kept.size());
    report.channels = images.channels();
    report.bytes = images.bytes();
    pace.finish(std::int64_t(contents->rows.size()), "");
    return report;
}

} // namespace mien
