#pragma once

#include "pipeline/import/item_sink.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// What a data set holds by its publication: counts by class, or only their sum where no more is known.
struct PublishedCounts
{
    std::string_view split;       ///< "train", "val", "test"
    std::string_view fingerprint; ///< Of fingerprints(); else the name of the sum.
    std::int64_t labels = 0;      ///< The sum; 0: by class.
};

/// Compares what the sink counted with published counts; each split that is there and differs is a note,
/// EXPECTED_COUNT_DIFFERS.
/// @param id    what it was compared with, for the report: "rafdb.basic/counts"
/// @param file  that the note is about
void compareWithPublished(ItemSink &sink, std::string id, std::span<const PublishedCounts> published,
                          const std::string &file);

} // namespace mien
