#pragma once

#include "studio/review/review_queue.h"

#include <QSet>

namespace mien {

/// What blind review hides, and which answers count as blind. Knows the faces that were seen unhidden: they are never
/// counted as blind again, whatever the mode is.
class BlindRules
{
public:
    explicit BlindRules(bool blind)
        : m_blind(blind)
    {
    }

    bool isBlind() const { return m_blind; }
    void setBlind(bool blind) { m_blind = blind; }

    void begin() { m_seen.clear(); } ///< Another queue.
    /// The face is on the screen with everything that is known about it.
    void seen(int position) { m_seen.insert(position); }
    bool wasSeen(int position) const { return m_seen.contains(position); }

    /// Whether given label, model, attention and neighbours may be shown.
    bool isRevealed(const ReviewQueue &queue) const
    {
        return !m_blind || queue.atEnd() || wasSeen(queue.position()) ||
               queue.at(queue.position()).outcome != ReviewQueue::Outcome::None;
    }
    /// Whether an answer at this place is a blind one, before or after its reveal.
    bool countsAsBlind(int position) const { return m_blind && !wasSeen(position); }

private:
    bool m_blind;
    QSet<int> m_seen;
};

} // namespace mien
