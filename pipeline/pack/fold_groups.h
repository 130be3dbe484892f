#pragma once

#include "models/base/disjoint_sets.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace mien {

/// What a sample has in common with others.
struct SampleKin
{
    std::int64_t source = 0; ///< The data set it came from: subjects of different ones are different people.
    std::string subject, sequence;
    std::int64_t duplicateGroup = 0;     ///< Of pixel-identical samples; 0: none.
    std::int64_t nearDuplicateGroup = 0; ///< Of samples that are nearly the same; 0: none.
};

/// Joins samples that must never be on two sides of a split: the same subject, the same sequence, pictures that are the
/// same or nearly so.
class FoldGroups
{
public:
    explicit FoldGroups(std::size_t samples);

    /// All positions given the same key end in one group; an empty key joins nothing.
    void join(std::size_t position, const std::string &key);
    /// Joins what shares its subject, its sequence or its picture.
    void joinKin(std::size_t position, const SampleKin &kin);
    /// Joins what shares its picture.
    void joinLooks(std::size_t position, const SampleKin &kin);
    /// A number for every position, equal within a group: the smallest position in it.
    std::vector<std::int64_t> groups();

private:
    DisjointSets m_sets;
    std::size_t m_count;
    std::unordered_map<std::string, std::size_t> m_firstByKey;
};

} // namespace mien
