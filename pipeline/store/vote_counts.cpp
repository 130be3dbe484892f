#include "pipeline/store/vote_counts.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace mien {

std::string voteCountsJson(const std::map<std::string, int> &counts)
{
    return nlohmann::json(counts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, int> voteCountsFromJson(std::string_view json)
{
    std::map<std::string, int> counts;
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    if (!parsed.is_object())
        return counts;
    for (const auto &[name, count] : parsed.items()) {
        if (count.is_number_integer())
            counts[name] = count.get<int>();
    }
    return counts;
}

std::int64_t voteTotal(const std::map<std::string, int> &counts)
{
    std::int64_t total = 0;
    for (const auto &[name, count] : counts)
        total += count;
    return total;
}

double voteEntropyBits(const std::map<std::string, int> &counts)
{
    const auto total = static_cast<double>(voteTotal(counts));
    double entropy = 0;
    for (const auto &[name, count] : counts) {
        if (count > 0)
            entropy -= count / total * std::log2(count / total);
    }
    return entropy;
}

} // namespace mien
