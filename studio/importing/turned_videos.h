#pragma once

#include "studio/importing/face_trial.h"

#include <QWidget>

#include <optional>
#include <vector>

class QLabel;
class QListWidget;
class QListWidgetItem;
class QPushButton;

namespace mien {

/// The contact sheet of the videos that were tried: a frame of each, as it is stored and as it would be turned, those
/// that would be turned first. A person sees whether the guess is right, says for each video how it lies, by buttons
/// or keys, or takes the guessing back for all.
class TurnedVideos : public QWidget
{
    Q_OBJECT

public:
    explicit TurnedVideos(QWidget *parent = nullptr);

    /// @param turns     videos are turned by their faces
    /// @param allCount  videos there are
    void refresh(const FaceTrial &trial, bool turns, int allCount);

    /// By its faces, or because a person said so.
    static bool isTurned(const FaceTrial::Look &look) { return turnOf(look) != 0; }

Q_SIGNALS:
    void allWanted();              ///< Every video is to be looked at, not only some.
    void turningChosen(bool turn); ///< By the faces, or as the files say.
    /// A person said how a video lies (0, 90, 180, 270 clockwise), or that it is as chosen for all: empty.
    void turnChosen(const QString &path, std::optional<int> turnDeg);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    struct Choice
    {
        std::optional<int> turnDeg;
        int key = 0;
        QPushButton *button = nullptr;
    };
    static int turnOf(const FaceTrial::Look &look) { return look.video.turnDeg.value_or(look.turnedDeg); }
    void addChoice(std::optional<int> turnDeg, int key, const char *name, const QString &words, const QString &help);
    void choose(std::optional<int> turnDeg); ///< For what is selected.
    void add(const FaceTrial::Look &look);
    void show(QListWidgetItem &item, const FaceTrial::Look &look);
    void paintPairs(); ///< In the colours of now.
    void markChoice(); ///< Of what is selected.

    bool m_turns = true;
    std::vector<FaceTrial::Look> m_looks; ///< Of which an item of the sheet has the number.
    std::vector<Choice> m_choices;
    QLabel *m_words;
    QListWidget *m_sheet;
    QWidget *m_choiceRow;
    QPushButton *m_all, *m_choice;
};

} // namespace mien
