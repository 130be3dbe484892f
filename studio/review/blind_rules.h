#pragma once

#include "studio/review/review_queue.h"

#include <QHash>
#include <QSet>
#include <QString>

namespace mien {

/// Which faces each person saw unhidden, by name; the name is empty before it is known.
using SeenFaces = QHash<QString, QSet<qint64>>;

/// What blind review hides, and which answers count as blind. Knows the faces that a person saw unhidden: they are
/// never counted as blind again, whatever the mode, the queue or the sitting is.
class BlindRules
{
public:
    explicit BlindRules(bool blind)
        : m_blind(blind)
    {
    }

    bool isBlind() const { return m_blind; }
    void setBlind(bool blind) { m_blind = blind; }
    void setAnnotator(const QString &annotator) { m_annotator = annotator; }

    /// The face was on the screen with everything that is known about it. False when that was known.
    bool seen(SampleId sample)
    {
        if (wasSeen(sample))
            return false;
        m_seen[m_annotator].insert(sample.value);
        return true;
    }
    /// What was seen without a name was seen by whoever has one now.
    bool wasSeen(SampleId sample) const
    {
        return m_seen.value(m_annotator).contains(sample.value) || m_seen.value(QString()).contains(sample.value);
    }
    const SeenFaces &seenFaces() const { return m_seen; }
    void add(const SeenFaces &seen)
    {
        for (auto person = seen.begin(); person != seen.end(); ++person)
            m_seen[person.key()].unite(person.value());
    }
    /// Each answer showed what was hidden: no later queue may ask for these faces blind.
    void leave(const ReviewQueue &queue)
    {
        for (int position = 0; position < queue.size(); ++position) {
            if (queue.at(position).outcome != ReviewQueue::Outcome::None)
                seen(queue.at(position).sample);
        }
    }

    /// Whether given label, model, attention and neighbours may be shown.
    bool isRevealed(const ReviewQueue &queue) const
    {
        return !m_blind || queue.atEnd() || wasSeen(queue.at(queue.position()).sample) ||
               queue.at(queue.position()).outcome != ReviewQueue::Outcome::None;
    }
    /// Whether an answer for this face is a blind one, before or after its reveal.
    bool countsAsBlind(SampleId sample) const { return m_blind && !wasSeen(sample); }

private:
    bool m_blind;
    QString m_annotator;
    SeenFaces m_seen;
};

} // namespace mien
