#pragma once

#include "studio/training/run_judgement.h"
#include "studio/training/training_curves.h"

#include <QByteArray>
#include <QTabWidget>

class QLabel;
class QPushButton;
class QTableWidget;

namespace mien {

class LinePlot;
class RunTrials;

/// One finished run in full: confusions, precision and recall of each class, calibration, curves, trials, settings.
class RunDetails : public QTabWidget
{
    Q_OBJECT

public:
    explicit RunDetails(QWidget *parent = nullptr);

    void setJudgement(const QString &run, const RunJudgement &judgement);
    /// What the run's folder says of it.
    /// @param metrics  lines of metrics.jsonl
    /// @param config   config.json
    void setFiles(const QByteArray &metrics, const QByteArray &config);
    void clear();

    RunTrials &trials() const { return *m_trials; }
    const RunJudgement &judgement() const { return m_judgement; }

Q_SIGNALS:
    void cellActivated(int label, int predicted); ///< Of the confusions; indices into judgement().classes.
    void classActivated(int classIndex);          ///< Likewise.
    void recipeWanted();                          ///< The run's settings as a file.

private:
    void showClasses();
    void showCalibration();
    void showCurves();

    RunJudgement m_judgement;
    TrainingCurves m_curves;
    ConfusionMatrix *m_matrix;
    QTableWidget *m_classes, *m_settings;
    QPushButton *m_saveRecipe;
    LinePlot *m_calibration, *m_loss, *m_heldOut;
    QLabel *m_calibrationWords;
    RunTrials *m_trials;
};

} // namespace mien
