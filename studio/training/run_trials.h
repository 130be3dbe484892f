#pragma once

#include "pipeline/store/ids.h"

#include <QByteArray>
#include <QList>
#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace mien {

class LinePlot;

/// What a run was put to the test with: how well each score finds labels that were flipped on purpose (`mien
/// selftest`), and what the corrections since its training brought (`mien runs effect`). Both are jobs that are asked
/// for here.
class RunTrials : public QWidget
{
    Q_OBJECT

public:
    explicit RunTrials(QWidget *parent = nullptr);

    /// @param selfTests  results of `mien selftest`, one JSON object each
    /// @param effect     result of `mien runs effect`; empty: there is none
    void setResults(const QList<QByteArray> &selfTests, const QByteArray &effect);
    void setWritable(bool writable, const QString &reason);

Q_SIGNALS:
    void selfTestWanted(double rate, const QString &shape);
    void effectWanted(int pairs);
    void facesWanted(const QString &title, const std::vector<mien::SampleId> &samples);

private:
    QWidget *makeSelfTest();
    QWidget *makeEffect();
    void showSelfTest();
    void openFaces(const QString &title, const char *member);

    QList<QByteArray> m_selfTests; ///< Newest first.
    QByteArray m_effect;
    QSpinBox *m_rate, *m_pairs;
    QComboBox *m_shape, *m_shown;
    QPushButton *m_test, *m_measure, *m_fixed, *m_broken;
    QTableWidget *m_scores;
    LinePlot *m_found;
    QLabel *m_words, *m_effectWords;
};

} // namespace mien
