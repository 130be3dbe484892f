#include "pipeline/store/sample.h"

#include <array>

namespace mien {
namespace {

constexpr std::array<std::string_view, 4> splitNames{"", "train", "val", "test"};
constexpr std::array<std::string_view, 4> flagNames{"", "open", "accepted", "rejected"};

} // namespace

std::string_view nameOf(Split split)
{
    return splitNames[static_cast<std::size_t>(split)];
}

std::optional<Split> splitNamed(std::string_view name)
{
    for (std::size_t i = 0; i < splitNames.size(); ++i) {
        if (splitNames[i] == name)
            return static_cast<Split>(i);
    }
    return std::nullopt;
}

std::string_view nameOf(FlagState state)
{
    return flagNames[static_cast<std::size_t>(state)];
}

std::string hexOf(const Hash128 &hash)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * hash.size());
    for (const std::uint8_t byte : hash) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

} // namespace mien
