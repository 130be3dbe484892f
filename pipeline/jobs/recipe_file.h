#pragma once

#include "models/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace mien {

/// How a network is trained, without the data: a file that people write and share.
///
///     {"format": "mien-recipe/1", "network": "eac-compact", "recipe": "quick", "folds": 3, "set": {"epochs": 20}}
///
/// Everything but `format` and `network` may be missing.
struct RecipeFile
{
    std::string network;
    std::optional<std::string> recipe;             ///< quick, paper
    std::optional<std::int64_t> folds;             ///< 1 to 100
    nlohmann::json set = nlohmann::json::object(); ///< KEY: VALUE as `train --set` takes them, values as text.
};

/// Fails with NotFound, Unreadable or Invalid; the message names the file and what is wrong in it. Whether the network
/// knows the settings is said when it is made.
Result<RecipeFile> readRecipe(const std::filesystem::path &file);

} // namespace mien
