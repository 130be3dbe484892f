#include "studio/gallery/range_selection.h"

#include <algorithm>

namespace mien {

void RangeSelection::add(std::int64_t first, std::int64_t last)
{
    if (first > last)
        return;
    // Ranges that overlap or touch melt into one.
    auto begin = std::lower_bound(m_ranges.begin(), m_ranges.end(), first,
                                  [](const Range &range, std::int64_t row) { return range.last + 1 < row; });
    auto end = begin;
    while (end != m_ranges.end() && end->first <= last + 1) {
        first = std::min(first, end->first);
        last = std::max(last, end->last);
        ++end;
    }
    begin = m_ranges.erase(begin, end);
    m_ranges.insert(begin, {first, last});
}

void RangeSelection::remove(std::int64_t first, std::int64_t last)
{
    std::vector<Range> kept;
    kept.reserve(m_ranges.size() + 1);
    for (const Range &range : m_ranges) {
        if (range.last < first || range.first > last) {
            kept.push_back(range);
            continue;
        }
        if (range.first < first)
            kept.push_back({range.first, first - 1});
        if (range.last > last)
            kept.push_back({last + 1, range.last});
    }
    m_ranges = std::move(kept);
}

void RangeSelection::toggle(std::int64_t row)
{
    if (contains(row))
        remove(row, row);
    else
        add(row, row);
}

bool RangeSelection::contains(std::int64_t row) const
{
    const auto at = std::lower_bound(m_ranges.begin(), m_ranges.end(), row,
                                     [](const Range &range, std::int64_t value) { return range.last < value; });
    return at != m_ranges.end() && at->first <= row;
}

std::int64_t RangeSelection::count() const
{
    std::int64_t sum = 0;
    for (const Range &range : m_ranges)
        sum += range.last - range.first + 1;
    return sum;
}

} // namespace mien
