#pragma once

#include "pipeline/store/ids.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace mien {

/// The order in which faces are shown to a person, and how far that person is.
///
/// Most suspicious faces come first, mixed with a random share of the pool (a quarter by default). The random faces are
/// a uniform sample of the pool without regard to any score: only they give an honest rate of wrong labels, and
/// the suspicion learns far better from answers that include them (`models.md` 10.1). A face that is both
/// suspicious and drawn stands once, at its earlier place, and counts as drawn.
///
/// What was shown never moves: a new ranking changes only what lies behind the furthest face shown.
class ReviewQueue
{
public:
    /// What the person did with the face.
    enum class Outcome : std::uint8_t { None, Kept, Changed, Unsure, NotAFace, Skipped };

    struct Item
    {
        SampleId sample;
        bool random = false; ///< Drawn from the pool: counts for the honest estimates.
        Outcome outcome = Outcome::None;
    };

    ReviewQueue() = default;

    /// @param worstFirst   most suspicious first
    /// @param pool         what the random share is drawn from, in any order; usually every scored, unreviewed sample
    /// @param randomShare  0 to 1
    static ReviewQueue mixed(std::span<const SampleId> worstFirst, std::span<const SampleId> pool, double randomShare,
                             std::uint64_t seed);

    /// The samples as they stand: a selection, or the faces that changed between two runs.
    static ReviewQueue inOrder(std::span<const SampleId> samples);

    /// A new ranking for what was not shown yet; does nothing for a queue made by inOrder().
    void rerank(std::span<const SampleId> worstFirst);

    int size() const { return static_cast<int>(m_items.size()); }
    bool isEmpty() const { return m_items.empty(); }
    int position() const { return m_position; } ///< size() when the end is reached.
    bool atEnd() const { return m_position >= size(); }
    int furthest() const { return m_furthest; } ///< Highest position shown.
    int answered() const { return m_answered; } ///< Items with an outcome, skipped ones included.
    const Item &at(int position) const { return m_items[static_cast<std::size_t>(position)]; }
    std::optional<SampleId> current() const;
    /// The next `count` samples from the position on, the current one first.
    std::vector<SampleId> upcoming(int count) const;
    std::optional<int> positionOf(SampleId sample) const;

    void advance();             ///< To the next face, answered or not.
    void advanceToUnanswered(); ///< To the next face without an outcome; the end when there is none.
    void advanceToSkipped();    ///< To the next face that was skipped; the end when there is none.
    bool previous();            ///< False at the first face.
    void moveTo(int position);  ///< Any face shown so far, or the one after it.
    void setOutcome(int position, Outcome outcome);

    /// Counts over the random share, for the estimate of how many labels are wrong.
    struct RandomTally
    {
        int judged = 0; ///< Kept or changed.
        int changed = 0;
    };
    RandomTally randomTally() const;

    /// With which probability a face of the pool is among those this queue draws at random, in (0, 1]: what an answer
    /// of a drawn face is weighted by. Nothing for a face that was picked by its rank.
    std::optional<double> drawProbability(int position) const;

    /// Two parts, because the order is large and written once and the place is small and written after each answer.
    QByteArray orderBytes() const;
    QByteArray placeBytes() const;
    /// Nothing when the bytes are not of a queue or the two do not belong together.
    static std::optional<ReviewQueue> restored(const QByteArray &order, const QByteArray &place);

private:
    void fill(std::span<const SampleId> worstFirst);
    void indexItems();
    void show(int position);

    std::vector<Item> m_items;
    std::vector<SampleId> m_pool; ///< In the seeded random order; empty without a random share.
    std::unordered_map<std::int64_t, int> m_positions;
    bool m_isRanked = false; ///< Made by mixed().
    double m_randomShare = 0;
    std::uint64_t m_seed = 0;
    int m_position = 0;
    int m_furthest = 0;
    int m_answered = 0;
    int m_drawn = 0; ///< Items of the random share.
};

} // namespace mien
