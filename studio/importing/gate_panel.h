#pragma once

#include "studio/importing/face_gates.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QListWidget;

namespace mien {

class FaceTrial;
class Histogram;

/// Thresholds of what faces are measured by, and what each would leave out of the faces of a trial: how many, the
/// histogram in which its line is dragged, and some of the faces. All are off at first.
class GatePanel : public QWidget
{
    Q_OBJECT

public:
    explicit GatePanel(const FaceTrial &trial, QWidget *parent = nullptr);

    const FaceGates &gates() const { return m_gates; }
    void clear();   ///< Switches all off.
    void refresh(); ///< The trial has found something, or begun anew.

Q_SIGNALS:
    void changed(); ///< gates() has.

private:
    struct Row
    {
        QCheckBox *on = nullptr;
        QDoubleSpinBox *limit = nullptr;
        QLabel *drops = nullptr;
    };
    void look(int measure);
    void set(int measure);
    void showHistogram();
    void showDrops();

    const FaceTrial &m_trial;
    FaceGates m_gates;
    std::vector<Row> m_rows; ///< One a measure.
    int m_shown = 0;         ///< The measure of the histogram.
    QLabel *m_progress, *m_title, *m_all;
    Histogram *m_histogram;
    QListWidget *m_faces;
};

} // namespace mien
