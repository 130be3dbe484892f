#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mien {

/// A code table that numbered class folders may follow, by the shares of their classes.
struct NumberingGuess
{
    std::string_view table;     ///< Id of a code table.
    std::string_view published; ///< The fingerprint whose shares are nearest: "FER2013 Training".
    double difference = 0;      ///< Half the sum of the differences of the shares: 0 equal, 1 nothing in common.

    /// "nearest to FER2013 Training numbered as fer2013: 3 % of the pictures would have to change their class"
    std::string text() const;
};

/// The likeliest table for class folders 0 to 6, which four tables fit: a proposal, for a person to confirm. Nothing
/// for other folders, or where no published data set has shares within 0.15 of theirs, and for none of the other tables
/// within 0.05 of that: equal counts say nothing about the order.
/// @param counts  pictures by class folder
std::optional<NumberingGuess> numberingLike(const std::map<std::string, std::int64_t> &counts);

} // namespace mien
