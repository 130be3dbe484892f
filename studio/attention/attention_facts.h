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
    QString reasonAgainstSimilar() const;
    void setReasonAgainstSimilar(const QString &reason); ///< That of the project; the maps may have one of their own.
    /// Faces whose evidence lies on the same part of the face, and as much of it elsewhere; empty without shares.
    QString similarFilter() const;
    ReliabilityCard &reliability() const { return *m_reliability; }

    /// `attention.mouth>=0.4 attention.eyes<0.4 … attention.outside<=0.35`: of the parts of the face the one with the
    /// largest share leads, parted from the others at the middle between the largest share and the second; outside of
    /// them lies as much, give or take 0.15.
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
    bool m_ofParts = false; ///< The shares are.
    QString m_reason;
};

} // namespace mien
