#pragma once

#include "models/base/result.h"
#include "pipeline/store/samples.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mien {

class Project;

/// One value of a table of samples; monostate: there is none. A text lives until the next row.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string_view>;

/// Columns such a table can have: id, source, label, suspicion, …; also every name that isMeasure().
std::vector<std::string> sampleColumns();

/// quality.NAME, attention.NAME, drowsiness.NAME, and the fields of given_fields.h, which come by their words: what is
/// stored by name and sample.
bool isMeasure(std::string_view name);

/// The measures of the project's samples in order: quality.blur, attention.eyes, …
std::vector<std::string> measuredNames(const Project &project);

/// Invalid for a measure that no sample has while samples have others: it is misspelt, and the message lists what was
/// measured. Where nothing was measured yet every name is fine.
/// @param act  what is refused: "Lists cannot be sorted by"
Result<> checkMeasured(const Project &project, const std::string &name, const std::string &act);

/// Reads chosen columns of the samples that match, row by row and nothing else: what lists of any length are printed
/// from. Classes, states and splits come by name, switches as 0 or 1, votes as a JSON object.
/// @param row  called in order; false ends the table
/// Invalid: a wrong filter or order, or a column that there is none of (of measures see checkMeasured); the message
/// lists the possible.
Result<> readSampleTable(const Project &project, std::string_view filter, const SampleOrder &order,
                         std::optional<std::int64_t> limit, std::span<const std::string> columns,
                         const std::function<bool(std::span<const Cell>)> &row);

} // namespace mien
