#include "models/io/training_pack.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <numeric>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <unordered_set>

namespace mien {

namespace {

constexpr int kMaxSide = 4096;

Result<std::shared_ptr<const std::uint8_t>> mapPixels(const std::filesystem::path &path, std::size_t expected)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Unreadable,
                    path.string() + " cannot be opened (" + std::strerror(errno) + "); make the training pack again");
    struct stat status = {};
    ::fstat(file, &status);
    if (std::size_t(status.st_size) != expected) {
        ::close(file);
        return fail(ErrorCode::Invalid, path.string() + " holds " + std::to_string(status.st_size) +
                                            " bytes where its index.json promises " + std::to_string(expected) +
                                            "; make the training pack again");
    }
    if (expected == 0) {
        ::close(file);
        return fail(ErrorCode::Invalid, path.string() + " is a training pack without samples");
    }
    void *memory = ::mmap(nullptr, expected, PROT_READ, MAP_SHARED, file, 0);
    const int reason = errno;
    ::close(file);
    if (memory == MAP_FAILED)
        return fail(ErrorCode::Unreadable, path.string() + " cannot be mapped (" + std::strerror(reason) + ")");
    return std::shared_ptr<const std::uint8_t>(
        static_cast<const std::uint8_t *>(memory),
        [expected](const auto *mapped) { ::munmap(const_cast<std::uint8_t *>(mapped), expected); });
}

/// The numbers of a part that the index promises.
template <typename Number>
Result<std::vector<Number>> numbersOf(const std::filesystem::path &path, std::size_t expected)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorCode::NotFound,
                    path.string() + " cannot be opened, and its index.json promises it; make the training pack again");
    std::vector<Number> numbers(expected);
    file.read(reinterpret_cast<char *>(numbers.data()), std::streamsize(expected * sizeof(Number)));
    if (file.gcount() != std::streamsize(expected * sizeof(Number)) || file.peek() != std::ifstream::traits_type::eof())
        return fail(ErrorCode::Invalid, path.string() + " does not hold the " + std::to_string(expected) +
                                            " numbers that its index.json promises; make the training pack again");
    return numbers;
}

} // namespace

Result<TrainingPack> TrainingPack::open(const std::filesystem::path &folder)
{
    const auto indexPath = folder / "index.json";
    std::ifstream file(indexPath, std::ios::binary);
    if (!file)
        return fail(ErrorCode::NotFound, indexPath.string() + " cannot be opened: not a training pack");

    TrainingPack pack;
    pack.m_folder = folder;
    std::size_t count = 0;
    bool hasLandmarks = false, hasOutlines = false;
    try {
        const auto index = nlohmann::json::parse(file);
        if (const auto format = index.value("format", std::string()); format != "mien-pack/1")
            return fail(ErrorCode::Invalid, indexPath.string() + " has the format \"" + format +
                                                "\" where this Mien reads \"mien-pack/1\"");
        count = index.at("count").get<std::size_t>();
        pack.m_channels = index.at("channels").get<int>();
        pack.m_side = index.at("side").get<int>();
        pack.m_classes = index.at("classes").get<std::vector<std::string>>();
        pack.m_samples = index.at("sample").get<std::vector<std::int64_t>>();
        pack.m_labels = index.at("label").get<std::vector<std::int64_t>>();
        pack.m_pixelHash = index.value("images_xxh128", std::string());
        hasLandmarks = index.contains("landmarks_xxh128");
        pack.m_landmarkHash = index.value("landmarks_xxh128", std::string());
        hasOutlines = index.contains("outlines_xxh128");
        pack.m_outlineHash = index.value("outlines_xxh128", std::string());
        pack.m_voteOptions = index.value("votes", std::vector<std::string>());
        pack.m_voteHash = index.value("votes_xxh128", std::string());
        if (index.contains("group"))
            pack.m_groups = index.at("group").get<std::vector<std::int64_t>>();
        if (index.contains("split"))
            pack.m_splits = index.at("split").get<std::vector<int>>();
    } catch (const nlohmann::json::exception &error) {
        return fail(ErrorCode::Unreadable, indexPath.string() + " is not the index of a training pack (" +
                                               error.what() + "); make the pack again");
    }

    if (pack.m_groups.empty()) { // every sample stands alone
        pack.m_groups.resize(count);
        std::iota(pack.m_groups.begin(), pack.m_groups.end(), 0);
    }
    if (pack.m_splits.empty())
        pack.m_splits.assign(count, int(PackSplit::None));

    const auto invalid = [&](const std::string &what) {
        return fail(ErrorCode::Invalid, indexPath.string() + ": " + what + "; make the training pack again");
    };
    if (pack.m_samples.size() != count || pack.m_labels.size() != count || pack.m_groups.size() != count ||
        pack.m_splits.size() != count)
        return invalid("sample, label, group and split do not all have " + std::to_string(count) + " entries");
    if (pack.m_channels != 1 && pack.m_channels != 3)
        return invalid(std::to_string(pack.m_channels) + " channels where 1 or 3 are possible");
    if (pack.m_side < 1 || pack.m_side > kMaxSide)
        return invalid("a side of " + std::to_string(pack.m_side) + " pixels");
    if (pack.m_classes.empty())
        return invalid("no classes");
    if (std::unordered_set<std::string>(pack.m_classes.begin(), pack.m_classes.end()).size() != pack.m_classes.size())
        return invalid("a class is named twice");
    if (std::unordered_set<std::int64_t>(pack.m_samples.begin(), pack.m_samples.end()).size() != count)
        return invalid("a sample id appears twice");
    const auto classes = std::int64_t(pack.m_classes.size());
    for (std::size_t row = 0; row < count; ++row) {
        if (pack.m_labels[row] < -1 || pack.m_labels[row] >= classes)
            return invalid("row " + std::to_string(row) + " has label " + std::to_string(pack.m_labels[row]) + " of " +
                           std::to_string(classes) + " classes");
        if (pack.m_splits[row] < 0 || pack.m_splits[row] > 3)
            return invalid("row " + std::to_string(row) + " has split " + std::to_string(pack.m_splits[row]));
    }

    if (!pack.m_voteOptions.empty() &&
        (pack.m_voteOptions.size() < pack.m_classes.size() ||
         !std::equal(pack.m_classes.begin(), pack.m_classes.end(), pack.m_voteOptions.begin())))
        return invalid("votes do not begin with the classes");

    if (hasLandmarks) {
        auto landmarks = numbersOf<float>(folder / "landmarks.f32", count * std::tuple_size_v<FaceLandmarks>);
        if (!landmarks)
            return fail(landmarks.error());
        pack.m_landmarks = std::move(*landmarks);
    }
    if (hasOutlines) {
        auto outlines = numbersOf<float>(folder / "outlines.f32", count * std::tuple_size_v<FaceOutline>);
        if (!outlines)
            return fail(outlines.error());
        pack.m_outlines = std::move(*outlines);
    }
    if (!pack.m_voteOptions.empty()) {
        auto votes = numbersOf<std::int32_t>(folder / "votes.i32", count * pack.m_voteOptions.size());
        if (!votes)
            return fail(votes.error());
        if (std::any_of(votes->begin(), votes->end(), [](std::int32_t number) { return number < 0; }))
            return invalid("a number of votes is below 0");
        pack.m_votes = std::move(*votes);
    }
    auto pixels = mapPixels(folder / "images.u8", count * pack.imageBytes());
    if (!pixels)
        return fail(pixels.error());
    pack.m_pixels = *pixels;
    return pack;
}

std::span<const std::uint8_t> TrainingPack::pixels(std::size_t row) const
{
    return {m_pixels.get() + row * imageBytes(), imageBytes()};
}

FaceLandmarks TrainingPack::landmarks(std::size_t row) const
{
    FaceLandmarks points = unknownLandmarks();
    if (hasLandmarks())
        std::copy_n(m_landmarks.begin() + std::ptrdiff_t(row * points.size()), points.size(), points.begin());
    return points;
}

FaceOutline TrainingPack::outline(std::size_t row) const
{
    FaceOutline points = unknownOutline();
    if (!m_outlines.empty())
        std::copy_n(m_outlines.begin() + std::ptrdiff_t(row * points.size()), points.size(), points.begin());
    return points;
}

std::span<const std::int32_t> TrainingPack::votes(std::size_t row) const
{
    return std::span(m_votes).subspan(row * m_voteOptions.size(), m_voteOptions.size());
}

} // namespace mien
