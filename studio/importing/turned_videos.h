#pragma once

#include "studio/importing/face_trial.h"

#include <QWidget>

#include <vector>

class QLabel;
class QListWidget;
class QPushButton;

namespace mien {

/// The videos whose faces are level only after a turn, each as it is stored and as it would be turned: a person sees
/// whether the guess is right, and takes it back for all where it is not.
class TurnedVideos : public QWidget
{
    Q_OBJECT

public:
    explicit TurnedVideos(QWidget *parent = nullptr);

    /// @param turns     videos are turned by their faces
    /// @param allCount  videos there are
    void refresh(const FaceTrial &trial, bool turns, int allCount);

Q_SIGNALS:
    void allWanted();              ///< Every video is to be looked at, not only some.
    void turningChosen(bool turn); ///< By the faces, or as the files say.

private:
    void paintPairs(); ///< In the colours of now.

    bool m_turns = true;
    std::vector<FaceTrial::Turn> m_pairs; ///< One an item of the sheet.
    QLabel *m_words;
    QListWidget *m_sheet;
    QPushButton *m_all, *m_choice;
};

} // namespace mien
