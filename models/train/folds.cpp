#include "models/train/folds.h"

#include "models/base/counter_random.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>

namespace mien {

namespace {

constexpr std::uint64_t kGroupOrder = 0x666f6c6473; // operator index of the draws here

struct Group
{
    std::uint64_t order = 0;
    std::vector<std::size_t> rows;
    std::map<std::int64_t, int> classes;
};

} // namespace

Result<std::vector<int>> dealGroups(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                    std::span<const double> shares, std::uint64_t seed)
{
    std::vector<Group> all;
    std::unordered_map<std::int64_t, std::size_t> position;
    std::int64_t classCount = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const auto [found, fresh] = position.try_emplace(groups[row], all.size());
        if (fresh)
            all.push_back({CounterRandom(seed, 0, std::uint64_t(groups[row]), kGroupOrder).next(), {}, {}});
        Group &group = all[found->second];
        group.rows.push_back(row);
        ++group.classes[labels[row]];
        classCount = std::max(classCount, labels[row] + 1);
    }
    if (all.size() < shares.size())
        return fail(ErrorCode::Invalid, std::to_string(all.size()) + " group(s) of samples cannot be dealt into " +
                                            std::to_string(shares.size()) +
                                            " parts: use fewer folds, or check the subjects");
    std::stable_sort(all.begin(), all.end(), [](const Group &a, const Group &b) {
        return a.rows.size() != b.rows.size() ? a.rows.size() > b.rows.size() : a.order < b.order;
    });

    std::vector<std::vector<double>> held(shares.size(), std::vector<double>(std::size_t(classCount), 0.0));
    std::vector<double> total(shares.size(), 0.0);
    std::vector<std::size_t> binOf;
    for (const Group &group : all) {
        std::size_t best = 0;
        double bestNeed = std::numeric_limits<double>::infinity();
        double bestTotal = bestNeed;
        for (std::size_t bin = 0; bin < shares.size(); ++bin) {
            double filled = 0;
            for (const auto &[label, number] : group.classes)
                filled += number * (held[bin][std::size_t(label)] + 0.5 * number) / shares[bin];
            const double size = (total[bin] + 0.5 * double(group.rows.size())) / shares[bin];
            if (filled < bestNeed || (filled == bestNeed && size < bestTotal)) {
                best = bin;
                bestNeed = filled;
                bestTotal = size;
            }
        }
        for (const auto &[label, number] : group.classes)
            held[best][std::size_t(label)] += number;
        total[best] += double(group.rows.size());
        binOf.push_back(best);
    }
    // A bin that is smaller than every group takes one all the same, the smallest of a bin that has another.
    for (std::size_t bin = 0; bin < shares.size(); ++bin) {
        if (std::find(binOf.begin(), binOf.end(), bin) != binOf.end())
            continue;
        const auto spare = std::find_if(binOf.rbegin(), binOf.rend(), [&](std::size_t other) {
            return std::count(binOf.begin(), binOf.end(), other) > 1;
        });
        *spare = bin;
    }
    std::vector<int> bins(labels.size(), 0);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (const std::size_t row : all[i].rows)
            bins[row] = int(binOf[i]);
    return bins;
}

Result<std::vector<int>> stratifiedFolds(std::span<const std::int64_t> labels, std::span<const std::int64_t> groups,
                                         int folds, std::uint64_t seed)
{
    const std::vector<double> shares(std::size_t(folds), 1.0);
    return dealGroups(labels, groups, shares, seed);
}

} // namespace mien
