#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mien {

/// Raw annotator counts by column name, as stored: a JSON object.
std::string voteCountsJson(const std::map<std::string, int> &counts);
std::map<std::string, int> voteCountsFromJson(std::string_view json);

std::int64_t voteTotal(const std::map<std::string, int> &counts);
/// Shannon entropy of the shares, in bits; 0 without votes.
double voteEntropyBits(const std::map<std::string, int> &counts);

} // namespace mien
