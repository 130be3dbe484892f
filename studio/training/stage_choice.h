#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QVariantMap>

class QComboBox;
class QLabel;

namespace mien {

struct NetworkEntry;

/// A finished run that was only pre-trained.
struct PretrainedRun
{
    QString run;          ///< "r3"
    QString network;      ///< What was pre-trained.
    QString words;        ///< As it is listed: "r3 · 30 Nov".
    QVariantMap settings; ///< Of its network, by name: what starts from it has the same size.
};

/// What of a training in two stages is done: first faces are learned without labels, by drawing the parts of them that
/// are hidden, then labels. Both in one run, or each in a run of its own. Its controls stand in the form.
class StageChoice : public QObject
{
    Q_OBJECT

public:
    enum class Stage { Both, Pretrain, FineTune };

    explicit StageChoice(QObject *parent = nullptr);

    QComboBox *stageBox() const { return m_stage; }
    QLabel *wordsLabel() const { return m_words; } ///< What the chosen stage means.
    QComboBox *runBox() const { return m_run; }

    void setNetwork(const NetworkEntry *network);
    void setRuns(const QList<PretrainedRun> &runs);

    bool isOffered() const { return m_isOffered; } ///< Networks that learn in one stage have no choice.
    bool isRunOffered() const;                     ///< To start from: where labels alone are learned.
    Stage stage() const;
    void setStage(Stage stage);
    QString initial() const;                 ///< Run to start from; empty: none.
    const PretrainedRun *initialRun() const; ///< Null: none.

    QVariantMap state() const;
    void restore(const QVariantMap &state); ///< Waits for the network and the runs to be known.

Q_SIGNALS:
    void changed();
    void runChosen(); ///< By a person: what belongs to it should follow.

private:
    void fillRuns();
    void refresh();

    QComboBox *m_stage, *m_run;
    QLabel *m_words;
    QList<PretrainedRun> m_runs;
    QString m_network;
    QString m_wantedRun;
    bool m_isOffered = false;
};

} // namespace mien
