#pragma once

#include "pipeline/flag/flag_inputs.h"

namespace mien {

struct RuleTableReport
{
    std::int64_t samples = 0;
    std::int64_t flagged = 0; ///< By prune_by_noise_rate, the default rule.
    double threshold = 1;     ///< Lowest cl_noise among the flagged.
};

/// What a line of the table is found again by.
enum class RowKey {
    Index,  ///< Of the inputs alone: they are whole and in the researcher's order.
    Sample, ///< A last column `id` too: samples of a project, of which the inputs may be a part.
};

/// Writes what confident learning makes of the samples as CSV: `index,given,suggested,self_confidence,margin,cl_noise`,
/// one 0/1 column a rule, where the inputs know it `in_sample` (0/1), and `id` with RowKey::Sample. Every row of the
/// inputs is a line, `index` from 0; classes are written as in `inputs.classes`, a missing label and what hangs on it
/// as nothing. Numbers read back to the same bits. Fails with Invalid, Cancelled, NoSpace or Unreadable (not writable).
Result<RuleTableReport> writeRuleTable(const FlagInputs &inputs, RowKey key, const std::filesystem::path &out,
                                       const Job &job);

} // namespace mien
