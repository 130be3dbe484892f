#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace mien {

/// Union-find over positions. A set is named by its smallest position, whatever the order of the joins.
class DisjointSets
{
public:
    explicit DisjointSets(std::size_t count)
        : m_parents(count)
    {
        std::iota(m_parents.begin(), m_parents.end(), std::size_t(0));
    }

    std::size_t rootOf(std::size_t position)
    {
        while (m_parents[position] != position) {
            m_parents[position] = m_parents[m_parents[position]];
            position = m_parents[position];
        }
        return position;
    }

    void join(std::size_t a, std::size_t b)
    {
        const std::size_t one = rootOf(a), other = rootOf(b);
        m_parents[std::max(one, other)] = std::min(one, other);
    }

    bool areJoined(std::size_t a, std::size_t b) { return rootOf(a) == rootOf(b); }

private:
    std::vector<std::size_t> m_parents;
};

} // namespace mien
