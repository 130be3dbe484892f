#pragma once

#include "models/io/training_pack.h"
#include "models/train/augment.h"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace mien {

/// One batch, ready for the network. With pairs, the second views follow the first ones: 2 * size inputs.
struct Batch
{
    int size = 0;                     ///< Samples.
    std::vector<float> inputs;        ///< views * size * inputSize, planar.
    std::vector<std::int64_t> labels; ///< size
    std::vector<std::int64_t> rows;   ///< size; rows of the pack.
    std::vector<float> landmarks;     ///< views * size * 10 (FaceLandmarks), in pixels of the input; empty: not asked.
};

/// Prepares the batches of one epoch on its own threads, always a few ahead of the one in use.
/// What a batch holds depends on the order, the epoch and the view maker alone, not on the threads. A row that comes
/// again is another copy of its sample, with draws of its own.
class BatchLoader
{
public:
    /// @param order   rows of the pack, in training order; the last batch may be smaller
    /// @param labels  label of every row of the pack
    /// @param withLandmarks  whether the network reads them
    BatchLoader(const TrainingPack &pack, const ViewMaker &views, std::vector<std::int64_t> order,
                std::span<const std::int64_t> labels, int batchSize, std::int64_t epoch, int threads,
                bool withLandmarks = false);
    ~BatchLoader();

    std::size_t batches() const { return m_batches; }

    /// The next batch, valid until the following call; null after the last.
    /// @throws what preparing it threw, such as std::bad_alloc
    const Batch *next();

private:
    struct Slot
    {
        Batch batch;
        std::size_t holds = SIZE_MAX; ///< Number of the batch that is ready in it.
    };

    void work();
    void fill(Batch &batch, std::size_t number) const;

    const TrainingPack &m_pack;
    const ViewMaker &m_views;
    const std::vector<std::int64_t> m_order;
    const std::vector<int> m_copies; ///< Of each place in the order: how often its row came before.
    const std::span<const std::int64_t> m_labels;
    const std::size_t m_batchSize;
    const std::int64_t m_epoch;
    const std::size_t m_batches;
    const bool m_withLandmarks;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Slot> m_slots;
    std::size_t m_started = 0; ///< Batches handed to a thread.
    std::size_t m_given = 0;   ///< Batches handed out by next().
    bool m_stopped = false;
    std::exception_ptr m_failure; ///< Of a thread; nothing more is prepared.
    std::vector<std::jthread> m_threads;
};

} // namespace mien
