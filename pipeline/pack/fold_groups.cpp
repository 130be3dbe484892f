#include "pipeline/pack/fold_groups.h"

namespace mien {

FoldGroups::FoldGroups(std::size_t samples)
    : m_sets(samples)
    , m_count(samples)
{
}

void FoldGroups::join(std::size_t position, const std::string &key)
{
    if (key.empty())
        return;
    const auto [first, isNew] = m_firstByKey.emplace(key, position);
    if (!isNew)
        m_sets.join(first->second, position);
}

void FoldGroups::joinKin(std::size_t position, const SampleKin &kin)
{
    const std::string source = std::to_string(kin.source) + '/';
    join(position, kin.subject.empty() ? "" : "subject/" + source + kin.subject);
    join(position, kin.sequence.empty() ? "" : "sequence/" + source + kin.sequence);
    joinLooks(position, kin);
}

void FoldGroups::joinLooks(std::size_t position, const SampleKin &kin)
{
    join(position, kin.duplicateGroup == 0 ? "" : "pixels/" + std::to_string(kin.duplicateGroup));
    join(position, kin.nearDuplicateGroup == 0 ? "" : "look/" + std::to_string(kin.nearDuplicateGroup));
}

std::vector<std::int64_t> FoldGroups::groups()
{
    std::vector<std::int64_t> groups(m_count);
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i] = std::int64_t(m_sets.rootOf(i));
    return groups;
}

} // namespace mien
