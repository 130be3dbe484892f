#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

namespace mien {

/// The rows of a table by what they name, which must not be named twice.
class KnownRows
{
public:
    /// Empty: it is new. Otherwise why the row is left out: DUPLICATE_ROW where it repeats the first one of that key
    /// to the letter, else DUPLICATE_KEY.
    std::string add(const std::string &key, std::span<const std::string> cells);
    /// What a person reads about it.
    static std::string detailOf(const std::string &reason);

private:
    std::unordered_map<std::string, std::uint64_t> m_rows; ///< Hashes of the first ones.
};

} // namespace mien
