#pragma once

#include <QDialog>
#include <QStringList>

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace mien {

/// A run that a map can be made of.
struct MappableRun
{
    QString id, network;
    int folds = 1;
};

/// Asks what a new map shows: run, fold, method, perplexity, iterations, seed.
class MapChoice : public QDialog
{
    Q_OBJECT

public:
    /// @param runs   finished ones, newest last; not empty
    /// @param wanted  the run that is chosen at first
    MapChoice(const QList<MappableRun> &runs, const QString &wanted, QWidget *parent = nullptr);

    QStringList arguments() const; ///< Of `mien`: embed --run r3 …
    QString title() const;         ///< "Map of r3, fold 1"

private:
    void refresh();

    QList<MappableRun> m_runs;
    QComboBox *m_run, *m_method;
    QSpinBox *m_fold, *m_iterations, *m_seed;
    QDoubleSpinBox *m_perplexity;
};

} // namespace mien
