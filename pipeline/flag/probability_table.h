#pragma once

#include "pipeline/flag/flag_inputs.h"

namespace mien {

/// The CSV form of readProbabilities(), see there.
Result<FlagInputs> readProbabilityTable(const std::filesystem::path &path, std::span<const SampleKey> samples,
                                        const std::vector<std::string> &classes,
                                        const std::function<int(const std::string &)> &resolve);

} // namespace mien
