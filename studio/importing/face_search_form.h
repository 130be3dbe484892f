#pragma once

#include <QJsonObject>
#include <QStringList>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace mien {

/// How faces are searched for in videos: which frames, which faces, how they are cut out. Begins with the recipe of the
/// imported data set and says only what was changed of it.
class FaceSearchForm : public QWidget
{
    Q_OBJECT

public:
    explicit FaceSearchForm(QWidget *parent = nullptr);

    void reset();                  ///< To the recipe.
    QStringList arguments() const; ///< Of `mien extract`.
    QJsonObject preview() const;   ///< How faces are found and cut, as `mien frames --serve` takes it.
    bool turnsByFaces() const;     ///< Videos whose faces lie on the side are turned.
    void setTurnsByFaces(bool turns);

Q_SIGNALS:
    void changed();

private:
    enum Way { PerVideo, EverySeconds, EveryFrames, Scenes };
    void showWay();
    void showDetector();

    QComboBox *m_way;
    QSpinBox *m_perVideo, *m_everyFrames;
    QDoubleSpinBox *m_everySeconds;
    QSpinBox *m_most; ///< Frames a video; 0: no limit.
    QComboBox *m_detector, *m_faces, *m_align, *m_rotation;
    QLabel *m_note; ///< What the choice of detector or alignment means.
    QSpinBox *m_smallest, *m_side;
};

} // namespace mien
