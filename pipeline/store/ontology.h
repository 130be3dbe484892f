#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// What is known about the label of a sample. `datasets.md` 2.2.
enum class LabelState { Ok, Unlabeled, Uncertain, NoneOfThese, NotAFace, Excluded, Conflict, Unmapped };

std::string_view nameOf(LabelState state); ///< "ok", "unlabeled", …, as stored and exported.
std::optional<LabelState> labelStateNamed(std::string_view name);

/// One class of a label space. The canonical ones are built in; a class folder may add a project's own.
struct ExpressionClass
{
    ClassId id;          ///< expression/1: 1 + code of `datasets.md` 2.1; drowsiness/1: 101, 102, 103; own: from 1001.
    std::string name;    ///< Canonical id: "happiness". What files, filters and the command line say.
    std::string display; ///< "Happiness"
    std::string code;    ///< Two letters: "HA"
    std::string space;   ///< "expression/1", "drowsiness/1" or "user"
};

/// The built-in classes in the order of their codes.
std::span<const ExpressionClass> canonicalClasses();

/// Canonical class of a name or alias (`datasets.md` 2.4, without the two- and three-letter aliases unless asked for);
/// case-insensitive, trimmed, `_`, `-` and space are the same.
std::optional<ClassId> canonicalClassNamed(std::string_view nameOrAlias, bool shortAliases = false);

} // namespace mien
