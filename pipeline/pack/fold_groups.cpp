#include "pipeline/pack/fold_groups.h"

#include <algorithm>
#include <numeric>

namespace mien {

FoldGroups::FoldGroups(std::size_t samples)
    : m_parents(samples)
{
    std::iota(m_parents.begin(), m_parents.end(), std::size_t(0));
}

std::size_t FoldGroups::root(std::size_t position)
{
    while (m_parents[position] != position) {
        m_parents[position] = m_parents[m_parents[position]];
        position = m_parents[position];
    }
    return position;
}

void FoldGroups::join(std::size_t position, const std::string &key)
{
    if (key.empty())
        return;
    const auto [first, isNew] = m_firstByKey.emplace(key, position);
    if (isNew)
        return;
    const std::size_t one = root(first->second), other = root(position);
    m_parents[std::max(one, other)] = std::min(one, other);
}

void FoldGroups::joinKin(std::size_t position, const SampleKin &kin)
{
    const std::string source = std::to_string(kin.source) + '/';
    join(position, kin.subject.empty() ? "" : "subject/" + source + kin.subject);
    join(position, kin.subject.empty() && !kin.sequence.empty() ? "sequence/" + source + kin.sequence : "");
    join(position, kin.duplicateGroup == 0 ? "" : "pixels/" + std::to_string(kin.duplicateGroup));
}

std::vector<std::int64_t> FoldGroups::groups()
{
    std::vector<std::int64_t> groups(m_parents.size());
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i] = std::int64_t(root(i));
    return groups;
}

} // namespace mien
