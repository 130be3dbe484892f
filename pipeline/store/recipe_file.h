#pragma once

#include "models/base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace mien {

struct RunRow;

/// How a network is trained, without the data: a file that people write and share.
///
///     {"format": "mien-recipe/1", "network": "eac-compact", "recipe": "quick", "folds": 3, "set": {"epochs": 20}}
///
/// Everything but `format` and `network` may be missing.
struct RecipeFile
{
    std::string network;
    std::optional<std::string> recipe;      ///< quick, paper
    std::optional<std::int64_t> folds;      ///< 1 to 100
    std::map<std::string, std::string> set; ///< KEY and VALUE as `train --set` takes them.
};

/// Fails with NotFound, Unreadable or Invalid; the message names the file and what is wrong in it. Whether the network
/// knows the settings is said when it is made.
Result<RecipeFile> readRecipe(const std::filesystem::path &file);

/// Writes it whole or not at all; a value that reads like a number or a switch becomes one. NoSpace or Unreadable.
Result<> writeRecipe(const std::filesystem::path &file, const RecipeFile &recipe);

/// How a run was trained. What belongs to its data is no part of it: snapshot, labels, seed, the run it started from.
RecipeFile recipeOf(const RunRow &run);

} // namespace mien
