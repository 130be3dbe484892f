#include "studio/review/review_queue.h"

#include <QDataStream>
#include <QIODevice>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace mien {

namespace {

/// SplitMix64: the same numbers on every platform, which std::shuffle does not promise.
class Dice
{
public:
    explicit Dice(std::uint64_t seed)
        : m_state(seed)
    {
    }
    std::uint64_t next()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

private:
    std::uint64_t m_state;
};

template <typename T>
void shuffle(std::vector<T> &values, Dice dice)
{
    for (std::size_t i = values.size(); i > 1; --i)
        std::swap(values[i - 1], values[dice.below(i)]);
}

constexpr int kBlock = 20; // Slots over which the random share is exact; where in the block is left to chance.

/// Which of the slots of block `block` are random. Depends on nothing but the seed, so that a new ranking keeps it.
std::vector<bool> randomSlots(double share, std::uint64_t seed, int block)
{
    const double before = std::floor(block * kBlock * share + 0.5);
    const double after = std::floor((block + 1) * kBlock * share + 0.5);
    std::vector<bool> slots(kBlock, false);
    std::fill_n(slots.begin(), static_cast<int>(after - before), true);
    Dice dice(seed ^ (0x5bd1e995ULL * static_cast<std::uint64_t>(block + 1)));
    for (std::size_t i = slots.size(); i > 1; --i) {
        const std::size_t j = dice.below(i);
        const bool kept = slots[i - 1];
        slots[i - 1] = slots[j];
        slots[j] = kept;
    }
    return slots;
}

constexpr quint32 kOrderMagic = 0x4d515532; // "MQU2"
constexpr quint32 kPlaceMagic = 0x4d515032; // "MQP2"

} // namespace

ReviewQueue ReviewQueue::mixed(std::span<const SampleId> worstFirst, std::span<const SampleId> pool, double randomShare,
                               std::uint64_t seed)
{
    ReviewQueue queue;
    queue.m_isRanked = true;
    queue.m_randomShare = worstFirst.empty() && randomShare > 0 ? 1.0 : std::clamp(randomShare, 0.0, 1.0);
    queue.m_seed = seed;
    if (queue.m_randomShare > 0) {
        queue.m_pool.assign(pool.begin(), pool.end());
        std::sort(queue.m_pool.begin(), queue.m_pool.end()); // the draw depends on what the pool holds, not its order
        shuffle(queue.m_pool, Dice(seed));
    }
    queue.fill(worstFirst);
    return queue;
}

ReviewQueue ReviewQueue::inOrder(std::span<const SampleId> samples)
{
    ReviewQueue queue;
    for (const SampleId sample : samples)
        queue.m_items.push_back({sample, false, Outcome::None});
    queue.indexItems();
    return queue;
}

void ReviewQueue::rerank(std::span<const SampleId> worstFirst)
{
    if (!m_isRanked)
        return;
    m_items.resize(std::min(m_items.size(), static_cast<std::size_t>(m_furthest) + 1));
    fill(worstFirst);
}

void ReviewQueue::fill(std::span<const SampleId> worstFirst)
{
    std::unordered_map<std::int64_t, std::size_t> placed;
    placed.reserve(worstFirst.size() * 2);
    for (std::size_t i = 0; i < m_items.size(); ++i)
        placed.emplace(m_items[i].sample.value, i);

    std::size_t nextWorst = 0;
    std::size_t nextDraw = 0;
    const auto takeWorst = [&] {
        while (nextWorst < worstFirst.size() && placed.contains(worstFirst[nextWorst].value))
            ++nextWorst;
        if (nextWorst == worstFirst.size())
            return false;
        placed.emplace(worstFirst[nextWorst].value, m_items.size());
        m_items.push_back({worstFirst[nextWorst++], false, Outcome::None});
        return true;
    };
    const auto takeRandom = [&] {
        // A drawn face that stands already keeps its place and counts as drawn: the draws stay a uniform sample.
        for (; nextDraw < m_pool.size(); ++nextDraw) {
            const auto [found, isNew] = placed.emplace(m_pool[nextDraw].value, m_items.size());
            if (isNew) {
                m_items.push_back({m_pool[nextDraw++], true, Outcome::None});
                return true;
            }
            m_items[found->second].random = true;
        }
        return false;
    };
    // The draws behind a person's back so far are the first of the pool's order; go on after them.
    std::unordered_set<std::int64_t> drawn;
    for (const Item &item : m_items) {
        if (item.random)
            drawn.insert(item.sample.value);
    }
    while (nextDraw < m_pool.size() && drawn.contains(m_pool[nextDraw].value))
        ++nextDraw;

    std::vector<bool> slots;
    int block = -1;
    while (true) {
        const int slot = static_cast<int>(m_items.size());
        if (slot / kBlock != block) {
            block = slot / kBlock;
            slots = randomSlots(m_randomShare, m_seed, block);
        }
        // The queue ends with the suspicious faces: a tail of random ones would have no end a person could reach.
        const bool random = slots[static_cast<std::size_t>(slot % kBlock)];
        if (!(random && takeRandom()) && !takeWorst())
            break;
    }
    indexItems();
}

void ReviewQueue::indexItems()
{
    m_positions.clear();
    m_positions.reserve(m_items.size());
    m_drawn = 0;
    for (int i = 0; i < size(); ++i) {
        m_positions.emplace(at(i).sample.value, i);
        m_drawn += at(i).random;
    }
}

std::optional<SampleId> ReviewQueue::current() const
{
    if (atEnd())
        return std::nullopt;
    return at(m_position).sample;
}

std::vector<SampleId> ReviewQueue::upcoming(int count) const
{
    std::vector<SampleId> samples;
    const int end = std::min(size(), m_position + count);
    for (int i = m_position; i < end; ++i)
        samples.push_back(at(i).sample);
    return samples;
}

std::optional<int> ReviewQueue::positionOf(SampleId sample) const
{
    const auto found = m_positions.find(sample.value);
    if (found == m_positions.end())
        return std::nullopt;
    return found->second;
}

void ReviewQueue::show(int position)
{
    m_position = std::clamp(position, 0, size());
    m_furthest = std::max(m_furthest, std::min(m_position, size() - 1));
}

void ReviewQueue::advance()
{
    show(m_position + 1);
}

void ReviewQueue::advanceToUnanswered()
{
    int next = m_position + 1;
    while (next < size() && at(next).outcome != Outcome::None)
        ++next;
    show(next);
}

void ReviewQueue::advanceToSkipped()
{
    int next = m_position + 1;
    while (next < size() && at(next).outcome != Outcome::Skipped)
        ++next;
    show(next);
}

bool ReviewQueue::previous()
{
    if (m_position == 0)
        return false;
    show(m_position - 1);
    return true;
}

void ReviewQueue::moveTo(int position)
{
    show(std::min(position, m_furthest + 1));
}

void ReviewQueue::setOutcome(int position, Outcome outcome)
{
    Item &item = m_items[static_cast<std::size_t>(position)];
    m_answered += (outcome != Outcome::None) - (item.outcome != Outcome::None);
    item.outcome = outcome;
}

ReviewQueue::RandomTally ReviewQueue::randomTally() const
{
    RandomTally tally;
    for (int i = 0; i <= std::min(m_furthest, size() - 1); ++i) {
        const Item &item = at(i);
        if (!item.random || (item.outcome != Outcome::Kept && item.outcome != Outcome::Changed))
            continue;
        ++tally.judged;
        tally.changed += item.outcome == Outcome::Changed;
    }
    return tally;
}

std::optional<double> ReviewQueue::drawProbability(int position) const
{
    if (!at(position).random || m_pool.empty())
        return std::nullopt;
    return std::min(1.0, static_cast<double>(m_drawn) / static_cast<double>(m_pool.size()));
}

QByteArray ReviewQueue::orderBytes() const
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << kOrderMagic << m_isRanked << quint64(m_seed) << m_randomShare << quint32(m_items.size())
        << quint32(m_pool.size());
    for (const Item &item : m_items)
        out << qint64(item.sample.value) << quint8(item.random);
    for (const SampleId sample : m_pool)
        out << qint64(sample.value);
    return bytes;
}

QByteArray ReviewQueue::placeBytes() const
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    const int shown = std::min(m_furthest + 1, size());
    out << kPlaceMagic << quint32(m_items.size()) << qint32(m_position) << quint32(shown);
    for (int i = 0; i < shown; ++i)
        out << quint8(at(i).outcome);
    return bytes;
}

std::optional<ReviewQueue> ReviewQueue::restored(const QByteArray &order, const QByteArray &place)
{
    QDataStream in(order);
    in.setVersion(QDataStream::Qt_6_4);
    quint32 magic = 0, items = 0, pool = 0;
    ReviewQueue queue;
    quint64 seed = 0;
    in >> magic >> queue.m_isRanked >> seed >> queue.m_randomShare >> items >> pool;
    if (magic != kOrderMagic || in.status() != QDataStream::Ok ||
        static_cast<qint64>(items) * 9 + static_cast<qint64>(pool) * 8 > order.size())
        return std::nullopt;
    queue.m_seed = seed;
    queue.m_items.reserve(items);
    for (quint32 i = 0; i < items; ++i) {
        qint64 sample = 0;
        quint8 random = 0;
        in >> sample >> random;
        queue.m_items.push_back({SampleId{sample}, random != 0, Outcome::None});
    }
    queue.m_pool.reserve(pool);
    for (quint32 i = 0; i < pool; ++i) {
        qint64 sample = 0;
        in >> sample;
        queue.m_pool.push_back(SampleId{sample});
    }
    if (in.status() != QDataStream::Ok)
        return std::nullopt;
    queue.indexItems();

    QDataStream placeIn(place);
    placeIn.setVersion(QDataStream::Qt_6_4);
    quint32 ofItems = 0, shown = 0;
    qint32 position = 0;
    placeIn >> magic >> ofItems >> position >> shown;
    if (magic != kPlaceMagic || ofItems != items || shown > items || position < 0 ||
        placeIn.status() != QDataStream::Ok)
        return place.isEmpty() ? std::optional(std::move(queue)) : std::nullopt;
    for (quint32 i = 0; i < shown; ++i) {
        quint8 outcome = 0;
        placeIn >> outcome;
        if (outcome > static_cast<quint8>(Outcome::Skipped))
            return std::nullopt;
        queue.setOutcome(static_cast<int>(i), static_cast<Outcome>(outcome));
    }
    if (shown > 0)
        queue.m_furthest = static_cast<int>(shown) - 1;
    queue.show(position);
    return queue;
}

} // namespace mien
