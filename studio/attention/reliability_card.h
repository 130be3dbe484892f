#pragma once

#include "studio/attention/face_maps.h"
#include "studio/review/neighbours_panel.h"

#include <QWidget>

#include <vector>

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace mien {

class ProjectSession;
class ShareBars;

/// What reliability balancing makes of a face: the distribution as the classifier says it, by the anchors that lie
/// near, and balanced; its confidence; the nearest anchors, each with how similar it is to the face, as a bar, and the
/// faces that lie next to it.
class ReliabilityCard : public QWidget
{
    Q_OBJECT

public:
    explicit ReliabilityCard(QWidget *parent = nullptr);

    /// @param run  that says so: "r3"
    void setFacts(const ReliabilityFacts &facts, const QString &run, const ProjectSession &session);
    /// The faces of the anchors of setFacts(), in any order; others are left out.
    void setFaces(const std::vector<NeighbourFace> &faces);
    /// Instead of facts: that they are on their way, or why there are none.
    void setMessage(const QString &message);
    bool hasFacts() const { return !m_facts.rows.empty(); }

    static constexpr int kAnchors = 3, kFaces = 5;

Q_SIGNALS:
    void chosen(mien::SampleId sample);

private:
    class Table;
    struct AnchorRow
    {
        QLabel *words;
        ShareBars *similarity;
        QWidget *faces;
        std::vector<QToolButton *> buttons;
    };
    void clearFaces();
    void showSimilarities();

    Table *m_table;
    QLabel *m_message, *m_confidence;
    std::vector<AnchorRow> m_anchors;
    ReliabilityFacts m_facts;
    std::vector<ClassId> m_anchorClasses; ///< Of m_facts.anchors.
};

} // namespace mien
