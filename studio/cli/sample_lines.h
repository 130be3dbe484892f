#pragma once

#include "pipeline/store/samples.h"
#include "studio/cli/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Which samples are printed, and what of them.
struct SampleLines
{
    std::string filter;
    SampleOrder order;
    std::optional<std::int64_t> limit;
    std::vector<std::string> columns; ///< Of sampleColumns().
    std::vector<std::string> names;   ///< What the columns are called here; empty: as they are.
    bool asJson = false;              ///< JSON lines, else CSV with a header.
};

/// "id,label" taken apart.
std::vector<std::string> splitAtCommas(std::string_view text);

/// Prints samples as they are read, so memory stays bounded. Gives the exit status.
int printSamples(Session &session, const Project &project, const SampleLines &lines);

} // namespace mien
