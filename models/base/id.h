#pragma once

#include <functional> // before <compare>: met first, that header is more than Qt's moc can parse

#include <compare>
#include <cstdint>

namespace mien {

/// A number that names a row of one table. The tag keeps a sample from being passed for a subject.
template <typename Tag>
struct Id
{
    std::int64_t value = 0; ///< 0: none.

    explicit operator bool() const { return value != 0; }
    auto operator<=>(const Id &) const = default;
};

} // namespace mien

template <typename Tag>
struct std::hash<mien::Id<Tag>>
{
    std::size_t operator()(mien::Id<Tag> id) const noexcept { return std::hash<std::int64_t>()(id.value); }
};
