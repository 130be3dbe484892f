#include "models/embed/neighbours.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

namespace mien {

namespace {

constexpr std::int64_t kQueryBlock = 256;
constexpr std::int64_t kOtherBlock = 1024; // with kQueryBlock: a block of distances that stays in the cache
constexpr std::int64_t kTensorBlock = 1024;
constexpr int kSpare = 24;           // candidates beyond the neighbours that are asked for
constexpr std::size_t kBuffer = 512; // candidates that are gathered before the nearest of them are chosen

struct Candidate
{
    float squared;
    std::int32_t row;

    bool operator<(const Candidate &other) const
    {
        return squared < other.squared || (squared == other.squared && row < other.row);
    }
};

/// Positions of the values below `limit` among `count`, in order.
template <typename Found>
inline void forEachBelow(const float *values, std::int64_t count, const float &limit, Found found)
{
    constexpr std::int64_t run = 16; // the compiler counts a run at once; most runs hold nothing
    std::int64_t i = 0;
    for (; i + run <= count; i += run) {
        int below = 0;
        for (std::int64_t j = 0; j < run; ++j)
            below += values[i + j] < limit;
        if (below == 0)
            continue;
        for (std::int64_t j = i; j < i + run; ++j)
            if (values[j] < limit)
                found(j);
    }
    for (; i < count; ++i)
        if (values[i] < limit)
            found(i);
}

class Search
{
public:
    Search(std::span<const float> points, int dimensions, int neighbours);

    Result<Neighbours> run(const NeighbourOptions &options, const Job &job);

private:
    void settleTwins();
    void searchBlock(std::int64_t first, std::int64_t count);
    void searchTensors(std::int64_t first, std::int64_t count, const torch::Tensor &others);
    void settle(std::int64_t row, std::span<const Candidate> candidates);
    void settleAlone(std::int64_t row);
    double squaredDistance(std::int64_t a, std::int64_t b) const;
    void write(std::int64_t row, std::span<std::pair<double, std::int32_t>> found);
    std::size_t keep() const { return std::size_t(m_neighbours + kSpare); }

    std::span<const float> m_points;
    std::int64_t m_count;
    std::int64_t m_dimensions;
    int m_neighbours;
    double m_longest = 0;          ///< Of the centred rows.
    std::vector<float> m_norms;    ///< [N] squared, of the centred rows.
    torch::Tensor m_queries;       ///< [N, D + 2]: -2 x, |x|^2, 1
    torch::Tensor m_others;        ///< [N, D + 2]: x, 1, |x|^2, so that a product is a squared distance
    std::vector<bool> m_isSettled; ///< [N] rows with as many copies as neighbours
    Neighbours m_found;
};

Search::Search(std::span<const float> points, int dimensions, int neighbours)
    : m_points(points)
    , m_count(std::int64_t(points.size()) / dimensions)
    , m_dimensions(dimensions)
    , m_neighbours(neighbours)
    , m_norms(std::size_t(m_count))
    , m_isSettled(std::size_t(m_count))
{
    m_found.width = neighbours;
    m_found.rows.resize(std::size_t(m_count * neighbours));
    m_found.squaredDistances.resize(m_found.rows.size());

    std::vector<double> mean(std::size_t(dimensions), 0.0);
    for (std::int64_t i = 0; i < m_count; ++i)
        for (std::int64_t d = 0; d < m_dimensions; ++d)
            mean[std::size_t(d)] += double(points[std::size_t(i * m_dimensions + d)]);
    for (double &value : mean)
        value /= double(m_count);
    m_queries = torch::empty({m_count, m_dimensions + 2});
    m_others = torch::empty({m_count, m_dimensions + 2});
    auto *query = m_queries.data_ptr<float>();
    auto *other = m_others.data_ptr<float>();
    for (std::int64_t i = 0; i < m_count; ++i, query += m_dimensions + 2, other += m_dimensions + 2) {
        double norm = 0;
        for (std::int64_t d = 0; d < m_dimensions; ++d) {
            const auto value = float(double(points[std::size_t(i * m_dimensions + d)]) - mean[std::size_t(d)]);
            norm += double(value) * double(value);
            query[d] = -2.0f * value;
            other[d] = value;
        }
        query[m_dimensions] = other[m_dimensions + 1] = m_norms[std::size_t(i)] = float(norm);
        query[m_dimensions + 1] = other[m_dimensions] = 1.0f;
        m_longest = std::max(m_longest, std::sqrt(norm));
    }
}

double Search::squaredDistance(std::int64_t a, std::int64_t b) const
{
    const float *x = m_points.data() + a * m_dimensions;
    const float *y = m_points.data() + b * m_dimensions;
    double sum = 0;
    for (std::int64_t d = 0; d < m_dimensions; ++d) {
        const double difference = double(x[d]) - double(y[d]);
        sum += difference * difference;
    }
    return sum;
}

void Search::write(std::int64_t row, std::span<std::pair<double, std::int32_t>> found)
{
    std::partial_sort(found.begin(), found.begin() + m_neighbours, found.end());
    for (std::int64_t i = 0; i < m_neighbours; ++i) {
        m_found.squaredDistances[std::size_t(row * m_neighbours + i)] = float(found[std::size_t(i)].first);
        m_found.rows[std::size_t(row * m_neighbours + i)] = found[std::size_t(i)].second;
    }
}

/// Rows with enough copies have these as neighbours; a search would find nothing but ties.
void Search::settleTwins()
{
    const auto compared = [&](std::int32_t a, std::int32_t b) {
        return std::memcmp(m_points.data() + a * m_dimensions, m_points.data() + b * m_dimensions,
                           std::size_t(m_dimensions) * sizeof(float));
    };
    std::vector<std::int32_t> order(static_cast<std::size_t>(m_count));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        const int difference = compared(a, b);
        return difference < 0 || (difference == 0 && a < b);
    });
    for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
        for (end = first + 1; end < order.size() && compared(order[first], order[end]) == 0;)
            ++end;
        if (end - first <= std::size_t(m_neighbours))
            continue;
        for (std::size_t i = first; i < end; ++i) {
            const auto row = std::size_t(order[i]);
            m_isSettled[row] = true;
            for (std::size_t n = 0, twin = first; n < std::size_t(m_neighbours); ++twin)
                if (twin != i)
                    m_found.rows[row * std::size_t(m_neighbours) + n++] = order[twin];
        }
    }
}

/// Distances in fp64, and whether what was left out cannot belong to the neighbours.
void Search::settle(std::int64_t row, std::span<const Candidate> candidates)
{
    if (m_isSettled[std::size_t(row)])
        return;
    std::vector<std::pair<double, std::int32_t>> found;
    found.reserve(candidates.size());
    float farthest = 0;
    for (const Candidate &candidate : candidates) {
        farthest = std::max(farthest, candidate.squared);
        found.emplace_back(squaredDistance(row, candidate.row), candidate.row);
    }
    if (std::int64_t(candidates.size()) < m_count - 1) {
        // A dot product of K values in fp32 is off by at most K eps |a| |b| (Higham 2002, section 3.1).
        const double lengths = std::sqrt(double(m_norms[std::size_t(row)])) + m_longest;
        const double error =
            double(m_dimensions + 4) * double(std::numeric_limits<float>::epsilon()) * lengths * lengths;
        std::nth_element(found.begin(), found.begin() + m_neighbours - 1, found.end());
        if (!(found[std::size_t(m_neighbours - 1)].first < double(farthest) - error))
            return settleAlone(row);
    }
    write(row, found);
}

void Search::settleAlone(std::int64_t row)
{
    std::vector<std::pair<double, std::int32_t>> found;
    found.reserve(std::size_t(m_count - 1));
    for (std::int64_t other = 0; other < m_count; ++other)
        if (other != row)
            found.emplace_back(squaredDistance(row, other), std::int32_t(other));
    write(row, found);
}

void Search::searchBlock(std::int64_t first, std::int64_t count)
{
    const std::size_t capacity = keep() + kBuffer;
    std::vector<std::vector<Candidate>> nearest(static_cast<std::size_t>(count));
    std::vector<float> limits(static_cast<std::size_t>(count), std::numeric_limits<float>::infinity());
    for (auto &candidates : nearest)
        candidates.reserve(capacity);
    const auto queries = m_queries.narrow(0, first, count);
    auto distances = torch::empty({count, std::min(kOtherBlock, m_count)});
    for (std::int64_t other = 0; other < m_count; other += kOtherBlock) {
        const std::int64_t width = std::min(kOtherBlock, m_count - other);
        if (width != distances.size(1))
            distances = torch::empty({count, width});
        torch::mm_out(distances, queries, m_others.narrow(0, other, width).t());
        const float *block = distances.data_ptr<float>();
        for (std::int64_t i = 0; i < count; ++i) {
            auto &candidates = nearest[std::size_t(i)];
            float &limit = limits[std::size_t(i)];
            const float *values = block + i * width;
            forEachBelow(values, width, limit, [&](std::int64_t j) {
                if (other + j == first + i)
                    return;
                candidates.push_back({values[j], std::int32_t(other + j)});
                if (candidates.size() < capacity)
                    return;
                std::nth_element(candidates.begin(), candidates.begin() + std::ptrdiff_t(keep()) - 1, candidates.end());
                candidates.resize(keep());
                limit = candidates.back().squared;
            });
        }
    }
    for (std::int64_t i = 0; i < count; ++i) {
        auto &candidates = nearest[std::size_t(i)];
        if (candidates.size() > keep()) {
            std::nth_element(candidates.begin(), candidates.begin() + std::ptrdiff_t(keep()) - 1, candidates.end());
            candidates.resize(keep());
        }
        settle(first + i, candidates);
    }
}

void Search::searchTensors(std::int64_t first, std::int64_t count, const torch::Tensor &others)
{
    auto distances = torch::mm(m_queries.narrow(0, first, count).to(others.device()), others.t());
    const auto own = torch::arange(count, torch::TensorOptions(torch::kInt64).device(others.device()));
    distances.index_put_({own, own + first}, std::numeric_limits<float>::infinity());
    const auto number = std::min<std::int64_t>(std::int64_t(keep()), m_count - 1);
    const auto [values, rows] = distances.topk(number, 1, /*largest=*/false);
    const auto nearest = values.cpu().contiguous();
    const auto who = rows.to(torch::kCPU, torch::kInt32).contiguous();
    torch::parallel_for(0, count, 16, [&](std::int64_t begin, std::int64_t end) {
        std::vector<Candidate> candidates(static_cast<std::size_t>(number));
        for (std::int64_t i = begin; i < end; ++i) {
            for (std::int64_t n = 0; n < number; ++n)
                candidates[std::size_t(n)] = {nearest.data_ptr<float>()[i * number + n],
                                              who.data_ptr<std::int32_t>()[i * number + n]};
            settle(first + i, candidates);
        }
    });
}

Result<Neighbours> Search::run(const NeighbourOptions &options, const Job &job)
{
    settleTwins();
    const bool byTensors = options.useTensors || !options.device.is_cpu();
    const auto others = byTensors ? m_others.to(options.device) : m_others;
    // Blocks of several threads at a time, so that the calling thread can listen in between.
    const std::int64_t step = byTensors ? kTensorBlock : kQueryBlock * 2 * torch::get_num_threads();
    for (std::int64_t first = 0; first < m_count; first += step) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The search for neighbours was stopped.");
        const std::int64_t count = std::min(step, m_count - first);
        if (byTensors)
            searchTensors(first, count, others);
        else
            torch::parallel_for(0, (count + kQueryBlock - 1) / kQueryBlock, 1,
                                [&](std::int64_t begin, std::int64_t end) {
                                    for (std::int64_t block = begin; block < end; ++block) {
                                        const std::int64_t from = first + block * kQueryBlock;
                                        searchBlock(from, std::min(kQueryBlock, first + count - from));
                                    }
                                });
        if (job.report)
            job.report({first + count, m_count, "neighbours"});
    }
    return std::move(m_found);
}

} // namespace

Result<Neighbours> exactNeighbours(std::span<const float> points, int dimensions, int neighbours,
                                   const NeighbourOptions &options, const Job &job)
{
    const torch::NoGradGuard noGradients;
    return Search(points, dimensions, neighbours).run(options, job);
}

} // namespace mien
