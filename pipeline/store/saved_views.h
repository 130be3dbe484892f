#pragma once

#include "models/base/result.h"

#include <string>
#include <vector>

namespace mien {

class Project;

/// A filter and an order under a name, shown beside the gallery. Views belong to the project, not to a person's
/// settings, so that everybody who opens it has them.
struct SavedView
{
    std::string name;
    std::string filter;         ///< In the language of `mien list --filter`.
    std::string sortKey = "id"; ///< A field as in SampleOrder.
    bool descending = false;

    bool operator==(const SavedView &) const = default;
};

std::vector<SavedView> savedViews(const Project &project); ///< By name.

/// Invalid: no name. Conflict: another view has this name.
Result<> addSavedView(Project &project, const SavedView &view);
/// NotFound, Invalid, Conflict.
Result<> renameSavedView(Project &project, const std::string &from, const std::string &to);
Result<> removeSavedView(Project &project, const std::string &name);

} // namespace mien
