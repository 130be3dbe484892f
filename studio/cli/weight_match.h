#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace mien {

/// "a, b, c, d, e and 7 more"
std::string firstOf(const std::vector<std::string> &names);

/// How weights and a network met, by lines.
/// @param match  PublishedReport::toJson()
std::string matchText(const nlohmann::json &match, const std::string &network);

} // namespace mien
