#include "pipeline/import/numbering_guess.h"

#include "pipeline/import/code_tables.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

namespace {

constexpr int folders = 7;
constexpr double mostDifference = 0.15, leastLead = 0.05;
constexpr std::array<std::string_view, 4> possible = {"fer2013", "rafdb.zero_based", "affectnet", "fer.alphabetical"};

using Shares = std::array<double, folders>;

std::optional<Shares> sharesOf(const std::array<std::int64_t, folders> &counts)
{
    double sum = 0;
    for (const std::int64_t count : counts)
        sum += double(count);
    if (sum == 0)
        return std::nullopt;
    Shares shares;
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = double(counts[i]) / sum;
    return shares;
}

/// What a published data set would look like in folders that a table numbers.
std::optional<Shares> sharesOf(const Fingerprint &print, const CodeTable &table)
{
    const CodeTable &own = *codeTableNamed(print.table);
    std::array<std::int64_t, folders> counts = {};
    for (int code = 0; code < folders; ++code)
        for (std::size_t i = 0; i < print.counts.size(); ++i)
            if (own.classes[i] == table.classOf(code))
                counts[std::size_t(code)] = print.counts[i];
    return sharesOf(counts);
}

} // namespace

std::string NumberingGuess::text() const
{
    return "nearest to " + std::string(published) + " numbered as " + std::string(table) + ": " +
           std::to_string(std::lround(100 * difference)) + " % of the pictures would have to change their class";
}

std::optional<NumberingGuess> numberingLike(const std::map<std::string, std::int64_t> &counts)
{
    std::array<std::int64_t, folders> byCode = {};
    int numbered = 0;
    for (const auto &[name, count] : counts) {
        if (name.starts_with('_'))
            continue; // a state, as exports write them
        if (name.size() != 1 || name[0] < '0' || name[0] >= '0' + folders)
            return std::nullopt;
        byCode[std::size_t(name[0] - '0')] = count;
        ++numbered;
    }
    const auto here = numbered == folders ? sharesOf(byCode) : std::nullopt;
    if (!here)
        return std::nullopt;
    NumberingGuess best{"", "", 1};
    double secondBest = 1; // of another table
    for (const std::string_view id : possible) {
        NumberingGuess own{id, "", 1};
        for (const Fingerprint &print : fingerprints()) {
            const auto published = sharesOf(print, *codeTableNamed(id));
            double difference = 0;
            for (std::size_t i = 0; published && i < here->size(); ++i)
                difference += std::abs((*published)[i] - (*here)[i]) / 2;
            if (published && difference < own.difference)
                own = {id, print.id, difference};
        }
        secondBest = std::min(secondBest, std::max(best.difference, own.difference));
        if (own.difference < best.difference)
            best = own;
    }
    const bool isClear = best.difference <= mostDifference && secondBest - best.difference >= leastLead;
    return isClear ? std::optional(best) : std::nullopt;
}

} // namespace mien
