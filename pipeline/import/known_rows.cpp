#include "pipeline/import/known_rows.h"

#include <xxhash.h>

namespace mien {

std::string KnownRows::add(const std::string &key, std::span<const std::string> cells)
{
    std::uint64_t hash = 0;
    for (const std::string &cell : cells)
        hash = XXH3_64bits_withSeed(cell.data(), cell.size(), hash + 1);
    const auto [known, isNew] = m_rows.emplace(key, hash);
    return isNew ? "" : known->second == hash ? "DUPLICATE_ROW" : "DUPLICATE_KEY";
}

std::string KnownRows::detailOf(const std::string &reason)
{
    return reason == "DUPLICATE_ROW" ? "The row is there a second time, all the same."
                                     : "The picture is named a second time; the first row is kept.";
}

} // namespace mien
