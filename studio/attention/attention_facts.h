#pragma once

#include "studio/attention/face_maps.h"

#include <QWidget>

#include <utility>
#include <vector>

class QLabel;
class QPushButton;

namespace mien {

class ProjectSession;
class ReliabilityCard;
class ShareBars;
struct ReviewFace;

/// Beside the maps: who the face is and what is said of it, on which parts of the face the evidence lies, and what
/// reliability balancing makes of it.
class AttentionFacts : public QWidget
{
    Q_OBJECT

public:
    explicit AttentionFacts(QWidget *parent = nullptr);

    void setFace(const ReviewFace &face, const ProjectSession &session);
    /// Where the evidence for the predicted class lies.
    /// @param run  "r3"
    void setMaps(const FaceMaps &maps, const QString &run, const ProjectSession &session);
    void clearMaps();
    /// Why faces with attention like this one cannot be found; empty: they can.
    void setReasonAgainstSimilar(const QString &reason);
    /// Faces whose attention lies on the same part more than on any other; empty without shares.
    QString similarFilter() const;
    ReliabilityCard &reliability() const { return *m_reliability; }

    /// `attention.mouth>=0.4 attention.eyes<0.4 …`: the largest share at least, all others less than the middle between
    /// the largest and the second.
    static QString filterLike(const std::vector<std::pair<QString, double>> &shares);

Q_SIGNALS:
    void similarWanted();

private:
    QLabel *m_title, *m_source, *m_labels, *m_consistency;
    QLabel *m_regionsOf, *m_regionsFrom;
    ShareBars *m_regions;
    QPushButton *m_similar;
    ReliabilityCard *m_reliability;
    std::vector<std::pair<QString, double>> m_shares;
    QString m_reason;
};

} // namespace mien
