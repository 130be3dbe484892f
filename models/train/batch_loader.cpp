#include "models/train/batch_loader.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace mien {

namespace {

std::vector<int> copiesIn(const std::vector<std::int64_t> &order)
{
    std::unordered_map<std::int64_t, int> seen;
    std::vector<int> copies;
    copies.reserve(order.size());
    for (const std::int64_t row : order)
        copies.push_back(seen[row]++);
    return copies;
}

} // namespace

BatchLoader::BatchLoader(const TrainingPack &pack, const ViewMaker &views, std::vector<std::int64_t> order,
                         std::span<const std::int64_t> labels, int batchSize, std::int64_t epoch, int threads,
                         bool withLandmarks)
    : m_pack(pack)
    , m_views(views)
    , m_order(std::move(order))
    , m_copies(copiesIn(m_order))
    , m_labels(labels)
    , m_batchSize(std::size_t(batchSize))
    , m_epoch(epoch)
    , m_batches((m_order.size() + m_batchSize - 1) / m_batchSize)
    , m_withLandmarks(withLandmarks)
    , m_slots(std::size_t(threads) + 2)
{
    for (int i = 0; i < threads; ++i)
        m_threads.emplace_back([this] { work(); });
}

BatchLoader::~BatchLoader()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopped = true;
    }
    m_changed.notify_all();
}

const Batch *BatchLoader::next()
{
    std::unique_lock lock(m_mutex);
    if (m_given == m_batches)
        return nullptr;
    Slot &slot = m_slots[m_given % m_slots.size()];
    m_changed.wait(lock, [&] { return slot.holds == m_given || m_failure; });
    if (slot.holds != m_given)
        std::rethrow_exception(m_failure);
    ++m_given;
    m_changed.notify_all(); // the slot before this one is free again
    return &slot.batch;
}

void BatchLoader::work()
{
    std::unique_lock lock(m_mutex);
    while (!m_stopped && m_started < m_batches) {
        // The batch in use (m_given - 1) keeps its slot until next() is called again.
        if (m_started >= m_given + m_slots.size() - 1) {
            m_changed.wait(lock);
            continue;
        }
        const std::size_t number = m_started++;
        Slot &slot = m_slots[number % m_slots.size()];
        lock.unlock();
        std::exception_ptr failure;
        try {
            fill(slot.batch, number);
        } catch (...) { // to be thrown where somebody listens
            failure = std::current_exception();
        }
        lock.lock();
        if (failure) {
            m_failure = failure;
            m_stopped = true;
        } else {
            slot.holds = number;
        }
        m_changed.notify_all();
    }
}

void BatchLoader::fill(Batch &batch, std::size_t number) const
{
    const std::size_t first = number * m_batchSize;
    const std::size_t size = std::min(m_batchSize, m_order.size() - first);
    const std::size_t inputSize = m_views.transform().inputSize();
    const bool paired = m_views.secondView() != SecondView::None;
    batch.size = int(size);
    batch.inputs.resize(size * inputSize * (paired ? 2 : 1));
    batch.labels.resize(size);
    batch.rows.resize(size);
    constexpr std::size_t pointsSize = std::tuple_size_v<FaceLandmarks>;
    batch.landmarks.resize(m_withLandmarks ? size * pointsSize * (paired ? 2 : 1) : 0);
    const std::span<float> inputs(batch.inputs);
    for (std::size_t i = 0; i < size; ++i) {
        const auto row = std::size_t(m_order[first + i]);
        batch.rows[i] = m_order[first + i];
        batch.labels[i] = m_labels[row];
        const ViewDraw draw{m_pack.samples()[row], m_epoch, m_copies[first + i]};
        m_views.make(m_pack.pixels(row), draw, inputs.subspan(i * inputSize, inputSize),
                     paired ? inputs.subspan((size + i) * inputSize, inputSize) : std::span<float>());
        if (!m_withLandmarks)
            continue;
        const FaceLandmarks given = m_pack.landmarks(row);
        const auto keep = [&](std::size_t place, const FaceLandmarks &points) {
            std::copy(points.begin(), points.end(), batch.landmarks.begin() + std::ptrdiff_t(place * pointsSize));
        };
        keep(i, m_views.points(given, draw));
        if (paired)
            keep(size + i, m_views.secondPoints(given, draw));
    }
}

} // namespace mien
