#include "models/embed/planar_neighbours.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

/// Points by median halves of their coordinates in turn: a balanced tree without nodes of its own, whatever their
/// density.
class PlanarTree
{
public:
    explicit PlanarTree(std::span<const float> layout)
        : m_layout(layout)
        , m_order(layout.size() / 2)
    {
        for (std::size_t i = 0; i < m_order.size(); ++i)
            m_order[i] = std::int32_t(i);
        split(0, m_order.size(), 0);
    }

    using Found = std::pair<float, std::int32_t>; // squared distance, row

    /// Fills `heap`, the worst first, with the nearest of `point`.
    void nearest(std::int32_t point, std::size_t wanted, std::vector<Found> &heap) const
    {
        heap.clear();
        look(point, wanted, heap, 0, m_order.size(), 0);
    }

private:
    static constexpr std::size_t kLeaf = 12; // points

    float place(std::int32_t point, int axis) const { return m_layout[2 * std::size_t(point) + std::size_t(axis)]; }

    void split(std::size_t first, std::size_t last, int axis)
    {
        if (last - first <= kLeaf)
            return;
        const std::size_t middle = (first + last) / 2;
        std::nth_element(m_order.begin() + std::ptrdiff_t(first), m_order.begin() + std::ptrdiff_t(middle),
                         m_order.begin() + std::ptrdiff_t(last), [&](std::int32_t a, std::int32_t b) {
                             return std::pair(place(a, axis), a) < std::pair(place(b, axis), b);
                         });
        split(first, middle, 1 - axis);
        split(middle + 1, last, 1 - axis);
    }

    void consider(std::int32_t point, std::int32_t other, std::size_t wanted, std::vector<Found> &heap) const
    {
        if (other == point)
            return;
        const float x = place(point, 0) - place(other, 0), y = place(point, 1) - place(other, 1);
        const Found found{x * x + y * y, other};
        if (heap.size() < wanted) {
            heap.push_back(found);
            std::push_heap(heap.begin(), heap.end());
        } else if (found < heap.front()) {
            std::pop_heap(heap.begin(), heap.end());
            heap.back() = found;
            std::push_heap(heap.begin(), heap.end());
        }
    }

    void look(std::int32_t point, std::size_t wanted, std::vector<Found> &heap, std::size_t first, std::size_t last,
              int axis) const
    {
        if (last - first <= kLeaf) {
            for (std::size_t i = first; i < last; ++i)
                consider(point, m_order[i], wanted, heap);
            return;
        }
        const std::size_t middle = (first + last) / 2;
        const float away = place(point, axis) - place(m_order[middle], axis);
        const bool isBefore = away < 0;
        if (isBefore)
            look(point, wanted, heap, first, middle, 1 - axis);
        else
            look(point, wanted, heap, middle + 1, last, 1 - axis);
        consider(point, m_order[middle], wanted, heap);
        if (heap.size() < wanted || away * away <= heap.front().first) {
            if (isBefore)
                look(point, wanted, heap, middle + 1, last, 1 - axis);
            else
                look(point, wanted, heap, first, middle, 1 - axis);
        }
    }

    std::span<const float> m_layout;
    std::vector<std::int32_t> m_order;
};

} // namespace

Result<std::vector<std::int32_t>> planarNeighbours(std::span<const float> layout, int neighbours, const Job &job)
{
    const PlanarTree tree(layout);
    const auto wanted = std::size_t(neighbours);
    std::vector<std::int32_t> rows(layout.size() / 2 * wanted);
    torch::parallel_for(0, std::int64_t(layout.size() / 2), 256, [&](std::int64_t begin, std::int64_t end) {
        std::vector<PlanarTree::Found> heap;
        for (std::int64_t i = begin; i < end && !job.stop.stop_requested(); ++i) {
            tree.nearest(std::int32_t(i), wanted, heap);
            std::sort_heap(heap.begin(), heap.end());
            for (std::size_t n = 0; n < wanted; ++n)
                rows[std::size_t(i) * wanted + n] = heap[n].second;
        }
    });
    if (job.stop.stop_requested())
        return fail(ErrorCode::Cancelled, "The comparison of the map with the features was stopped.");
    return rows;
}

} // namespace mien
