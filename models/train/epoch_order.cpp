#include "models/train/epoch_order.h"

#include "models/base/counter_random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace mien {
namespace {

using Rows = std::vector<std::int64_t>;

constexpr std::uint64_t kOrder = 0x6f72646572; // operator index of the draws here
constexpr std::size_t kMostOfGroup = 512;      // of a group in all, and of each class in it
constexpr std::size_t kOfClass = 500;

void shuffle(Rows &rows, CounterRandom &random)
{
    for (std::size_t i = rows.size(); i > 1; --i)
        std::swap(rows[i - 1], rows[random.below(i)]);
}

/// At most `most` of them, drawn without replacement.
void draw(Rows &rows, std::size_t most, CounterRandom &random)
{
    if (rows.size() <= most)
        return;
    shuffle(rows, random);
    rows.resize(most);
}

std::map<std::int64_t, Rows> byClass(std::span<const std::int64_t> rows, std::span<const std::int64_t> labels)
{
    std::map<std::int64_t, Rows> result;
    for (const std::int64_t row : rows)
        result[labels[std::size_t(row)]].push_back(row);
    return result;
}

Rows uniform(const EpochSource &source, CounterRandom &random)
{
    Rows order(source.rows.begin(), source.rows.end());
    if (!source.copies.empty())
        for (const std::int64_t row : source.rows)
            order.insert(order.end(), std::size_t(source.copies[std::size_t(source.labels[std::size_t(row)])]), row);
    shuffle(order, random);
    return order;
}

Rows balanced(const EpochSource &source, CounterRandom &random)
{
    const auto classes = byClass(source.rows, source.labels);
    std::vector<const Rows *> members;
    for (const auto &[label, rows] : classes)
        members.push_back(&rows);
    Rows order(source.rows.size());
    for (std::int64_t &row : order) {
        const Rows &rows = *members[random.below(members.size())];
        row = rows[random.below(rows.size())];
    }
    return order;
}

Rows refined(const EpochSource &source, CounterRandom &random)
{
    std::map<std::int64_t, Rows> groups;
    for (const std::int64_t row : source.rows)
        groups[source.groups[std::size_t(row)]].push_back(row);
    Rows pool;
    for (const auto &[group, members] : groups) {
        Rows chosen;
        for (auto &[label, rows] : byClass(members, source.labels)) {
            draw(rows, kMostOfGroup, random);
            chosen.insert(chosen.end(), rows.begin(), rows.end());
        }
        draw(chosen, kMostOfGroup, random);
        pool.insert(pool.end(), chosen.begin(), chosen.end());
    }
    Rows order;
    for (auto &[label, rows] : byClass(pool, source.labels)) {
        const Rows all = rows;
        draw(rows, kOfClass, random);
        while (rows.size() < kOfClass) // fewer than wanted: all of them, and some again
            rows.push_back(all[random.below(all.size())]);
        order.insert(order.end(), rows.begin(), rows.end());
    }
    shuffle(order, random);
    return order;
}

/// Of `size` rows in random order, those that an epoch trains.
std::size_t trainedOf(std::size_t size, double share, int batch)
{
    if (share < 1)
        size = std::size_t(std::ceil(share * double(size)));
    return size % std::size_t(batch) == 1 && size > 1 ? size - 1 : size;
}

} // namespace

std::int64_t epochSize(Sampler sampler, const EpochSource &source, int batch)
{
    std::size_t size = source.rows.size();
    if (sampler == Sampler::Refined)
        size = kOfClass * byClass(source.rows, source.labels).size();
    else if (sampler == Sampler::Uniform && !source.copies.empty())
        for (const std::int64_t row : source.rows)
            size += std::size_t(source.copies[std::size_t(source.labels[std::size_t(row)])]);
    return std::int64_t(trainedOf(size, source.share, batch));
}

Rows epochOrder(Sampler sampler, const EpochSource &source, int batch, std::uint64_t seed, std::int64_t epoch,
                std::int64_t fold)
{
    CounterRandom random(seed, std::uint64_t(epoch), std::uint64_t(fold), kOrder);
    Rows order;
    switch (sampler) {
    case Sampler::Uniform: order = uniform(source, random); break;
    case Sampler::Balanced: order = balanced(source, random); break;
    case Sampler::Refined: order = refined(source, random); break;
    }
    order.resize(trainedOf(order.size(), source.share, batch));
    return order;
}

} // namespace mien
