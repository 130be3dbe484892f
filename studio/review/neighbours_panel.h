#pragma once

#include "pipeline/store/ids.h"

#include <QImage>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

class QLabel;

namespace mien {

/// A face that lies near the one under review in the network's space.
struct NeighbourFace
{
    SampleId sample;
    QImage picture;               ///< Null when there is none.
    std::optional<ClassId> label; ///< Current; empty: none.
    QString word;                 ///< The class, or the state, in words.
    QString source;
};

/// A row of up to ten nearest faces with their labels, and what they say together in words. A click or Enter chooses
/// one, a double click or Ctrl+Enter opens it; arrows move, Escape goes back to the face under review.
class NeighboursPanel : public QWidget
{
    Q_OBJECT

public:
    static constexpr int kMost = 10;

    explicit NeighboursPanel(QWidget *parent = nullptr);

    /// @param given, suggested  words of the labels under review; empty: none
    void setNeighbours(const std::vector<NeighbourFace> &faces, const QString &given, const QString &suggested);
    /// Instead of faces: that they are on their way, hidden, or why there are none.
    void setMessage(const QString &message);
    int count() const { return m_count; }
    void focusFirst();

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

    /// "8 of the 10 nearest faces are Sadness, as suggested, 1 with the given label, Fear."
    static QString summary(const std::vector<NeighbourFace> &faces, const QString &given, const QString &suggested);

Q_SIGNALS:
    void chosen(mien::SampleId sample);
    void opened(mien::SampleId sample);
    void left(); ///< Escape.

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    class Face;

    void layOut();
    int cellSide() const;
    int lineHeight() const; ///< Of the summary.

    QLabel *m_summary;
    QString m_words;             ///< Of the summary; it shows as many of them as there is room for.
    std::vector<Face *> m_faces; ///< kMost, made once.
    int m_count = 0;
};

} // namespace mien
