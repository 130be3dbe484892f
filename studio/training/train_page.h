#pragma once

#include "studio/common/page.h"
#include "studio/training/preflight.h"
#include "studio/training/stage_choice.h"
#include "studio/training/training_curves.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTimer;

namespace mien {

class Background;
class Checklist;
class JobStrip;
class MienCommand;
class SpeedProbe;
class TrainForm;
struct JobInfo;

/// Left what is asked for, right what will happen and then what happens: checklist, START, curves, log, flagging.
class TrainPage : public Page
{
    Q_OBJECT

public:
    explicit TrainPage(Studio &studio);
    ~TrainPage() override;

    void setSession(ProjectSession *session) override;
    void entered() override;
    bool isSettled() const override;
    bool dropped(const QStringList &paths) override; ///< A recipe.
    QVariantMap state() const override;
    void restore(const QVariantMap &state) override;

    void openRecipe(const QString &path); ///< Fills the form, once networks and faces are known.
    void saveRecipe(const QString &path);

private:
    struct Facts
    {
        PreflightFacts preflight;
        QList<std::pair<QString, QString>> snapshots; ///< Hash, words.
        QString lastNetwork, lastRun;                 ///< Newest run that told its speed.
        double lastSpeed = 0;
        QString unfinished; ///< A run that stopped before its end; empty: none.
        QString newestDone; ///< Newest finished run that learned labels.
        bool newestFlagged = false;
        QByteArray newestMetrics;        ///< metrics.jsonl of newestDone.
        QList<PretrainedRun> pretrained; ///< Finished runs that learned no label: what others start from.
    };

    QWidget *makeRight();
    void askNetworks();
    void gather();
    void refreshChecklist();
    void probeSpeed();
    void askForRecipe();
    void askForWeights();
    void convertWeights(const QString &file);
    void showAllSettings();
    void askWhereToSave();
    void applyRecipe();
    void sayOfRecipe(const QString &words);
    void checkFurther();
    enum class Further { None, Possible, Impossible, NotKnown };
    Further furtherState() const;
    void describeNetwork();
    QStringList whatToDescribe() const;
    void start(const QStringList &arguments, const QString &title);
    QString runToFlag() const;
    void startFlag();
    void follow(const QString &jobId);
    bool takeLine(const QJsonObject &line); ///< True when the curves may have changed.
    void refreshJob();
    QString titleOf(const JobInfo &job) const;
    QString wordsOf(const JobInfo &job) const;
    void refreshCurves();
    void refreshLog();

    MienCommand *m_networksCommand, *m_devicesCommand, *m_describeCommand, *m_checkCommand, *m_convertCommand;
    SpeedProbe *m_probe;
    Background *m_background;
    QTimer *m_gatherTimer, *m_curvesTimer, *m_describeTimer, *m_checkTimer;
    TrainForm *m_form;
    QLabel *m_recipeWords; ///< What was opened or saved last, and what of it does not count.
    QWidget *m_checklist;
    Checklist *m_checks;
    QPushButton *m_start, *m_resume, *m_flag, *m_compare;
    JobStrip *m_job; ///< The training or flagging shown.
    LinePlot *m_loss, *m_accuracy;
    QPlainTextEdit *m_log;
    QWidget *m_jobCard;
    TrainingCurves m_curves;
    Facts m_facts;
    QString m_gathered;      ///< The snapshot that m_facts are of; empty: the labels now.
    QString m_gatheredSpace; ///< And the label space; empty: what most faces have.
    QStringList m_described; ///< What was asked of the network last,
    qint64 m_parameters = 0; ///< and how many it has so; 0: not known.
    QString m_recipeWaiting; ///< A file to open when networks and faces are known.
    QStringList m_checked;   ///< The settings that were judged last,
    QString m_checkFault;    ///< and what is wrong with them.
    QString m_problem;       ///< Why the networks could not be listed.
    QStringList m_probeFailed;
    bool m_factsKnown = false;
    bool m_networksKnown = false;
};

} // namespace mien
