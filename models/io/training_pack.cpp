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

} // namespace mien
