#pragma once

#include "models/base/result.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mien {

class Project;

/// A filter compiled to SQL over the sample view: a condition with ?-placeholders and the values to bind.
struct CompiledFilter
{
    std::string where;                                                   ///< "1" when everything matches.
    std::vector<std::variant<std::int64_t, double, std::string>> values; ///< In order of the placeholders.
    std::vector<std::string> joins;                                      ///< Tables needed beyond `current_labels`.
};

/// The filter language of `cli.md` ("Filters"). Invalid: "position 7: there is no field 'labl'; possible: label, …".
Result<CompiledFilter> compileFilter(std::string_view text, const Project &project);

/// Fields a filter may name, for completion and error messages.
std::vector<std::string> filterFields();

} // namespace mien
