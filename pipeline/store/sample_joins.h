#pragma once

#include <string_view>

namespace mien {

// What a query over `current_labels c` joins. Filters, orders and columns each name what they need; equal texts are
// joined once, so there is one text for each table.

/// CROSS: the planner keeps the order.
inline constexpr std::string_view joinSamples = "CROSS JOIN samples s ON s.id = c.sample_id";
inline constexpr std::string_view joinScores = "LEFT JOIN scores k ON k.sample_id = c.sample_id";
inline constexpr std::string_view joinVotes = "LEFT JOIN votes v ON v.sample_id = c.sample_id";
inline constexpr std::string_view joinDuplicates = "LEFT JOIN duplicates d ON d.sample_id = c.sample_id";
inline constexpr std::string_view joinNearDuplicates = "LEFT JOIN near_duplicates n ON n.sample_id = c.sample_id";
inline constexpr std::string_view joinSubjects = "LEFT JOIN subjects j ON j.id = s.subject_id";    ///< After samples.
inline constexpr std::string_view joinSequences = "LEFT JOIN sequences q ON q.id = s.sequence_id"; ///< After samples.

} // namespace mien
