#pragma once

#include <QStringList>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace mien {

/// How faces are searched for in videos: which frames, which faces, how they are cut out. Begins with the recipe of the
/// imported data set and says only what was changed of it.
class FaceSearchForm : public QWidget
{
    Q_OBJECT

public:
    explicit FaceSearchForm(QWidget *parent = nullptr);

    QStringList arguments() const; ///< Of `mien extract`.

private:
    enum Way { PerVideo, EverySeconds, EveryFrames, Scenes };
    void showWay();

    QComboBox *m_way;
    QSpinBox *m_perVideo, *m_everyFrames;
    QDoubleSpinBox *m_everySeconds;
    QSpinBox *m_most; ///< Frames a video; 0: no limit.
    QComboBox *m_faces, *m_align;
    QSpinBox *m_smallest, *m_side;
};

} // namespace mien
