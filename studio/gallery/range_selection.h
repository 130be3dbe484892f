#pragma once

#include <cstdint>
#include <vector>

namespace mien {

/// Selected rows as sorted, disjoint ranges: all of a million rows is one range.
class RangeSelection
{
public:
    struct Range
    {
        std::int64_t first = 0, last = 0; ///< Inclusive.
        bool operator==(const Range &) const = default;
    };

    void clear() { m_ranges.clear(); }
    void add(std::int64_t first, std::int64_t last);
    void remove(std::int64_t first, std::int64_t last);
    void toggle(std::int64_t row);
    bool contains(std::int64_t row) const;
    std::int64_t count() const;
    bool isEmpty() const { return m_ranges.empty(); }
    const std::vector<Range> &ranges() const { return m_ranges; }
    bool operator==(const RangeSelection &) const = default;

private:
    std::vector<Range> m_ranges;
};

} // namespace mien
