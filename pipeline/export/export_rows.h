#pragma once

#include "pipeline/export/export.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/sources.h"

#include <string>
#include <vector>

namespace mien {

/// One sample as an export sees it.
struct ExportRow
{
    SampleRow sample;
    SampleFacts origin;
    std::string label; ///< Current class; empty unless state is Ok.
    std::string given; ///< Class it came with; empty unless givenState is Ok.
    LabelState state = LabelState::Unlabeled;
    Split split = Split::None;
};

/// The rows to export, ordered by data set and native key ("row:2" before "row:10").
Result<std::vector<ExportRow>> exportRows(const Project &project, const ExportRequest &request, ExportReport &report);

/// -1, 0, 1: texts compared with runs of digits taken as numbers.
int naturalOrder(std::string_view a, std::string_view b);

} // namespace mien
