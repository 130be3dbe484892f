#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace mien {

/// Bytes that wait for their turn in a nameless file, so that a long video's crops need no memory while an earlier one
/// is still being worked on. The disk has them back when this goes.
class FaceSpool
{
public:
    /// @param folder  on the disk that the bytes go to in the end
    static Result<FaceSpool> open(const std::filesystem::path &folder);
    FaceSpool(FaceSpool &&other) noexcept;
    FaceSpool &operator=(FaceSpool &&other) noexcept;
    ~FaceSpool();

    struct Place
    {
        std::int64_t offset = 0, size = 0;
    };
    Result<Place> add(std::span<const std::uint8_t> bytes);
    Result<std::vector<std::uint8_t>> read(const Place &place) const;
    /// Gives the disk back what was added; no place is of use any more.
    Result<> clear();

private:
    FaceSpool(int descriptor, std::filesystem::path folder)
        : m_descriptor(descriptor)
        , m_folder(std::move(folder))
    {
    }
    int m_descriptor;
    std::filesystem::path m_folder;
    std::int64_t m_end = 0;
};

} // namespace mien
