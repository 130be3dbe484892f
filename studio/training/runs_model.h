#pragma once

#include "pipeline/store/runs.h"

#include <QAbstractTableModel>

#include <vector>

namespace mien {

/// The trainings of a project, newest first.
class RunsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Network, Data, Folds, Seed, Accuracy, MacroF1, State, When, Columns };

    explicit RunsModel(QObject *parent = nullptr);

    /// @param inWork  the run a job trains right now; empty: none
    void setRuns(std::vector<RunRow> runs, const std::string &flaggedBy, const std::string &inWork = {});
    const RunRow &at(int row) const { return m_runs[static_cast<std::size_t>(row)]; }
    int rowOf(const QString &run) const; ///< -1 when it is not there.

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<RunRow> m_runs;
    std::vector<double> m_accuracy, m_macroF1; ///< Below 0: not measured.
    std::string m_flaggedBy, m_inWork;
};

} // namespace mien
