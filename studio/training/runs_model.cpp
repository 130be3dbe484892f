#include "studio/training/runs_model.h"

#include "studio/common/theme.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

#include <algorithm>

namespace mien {

RunsModel::RunsModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

void RunsModel::setRuns(std::vector<RunRow> runs, const std::string &flaggedBy, const std::string &inWork)
{
    beginResetModel();
    m_runs = std::move(runs);
    std::sort(m_runs.begin(), m_runs.end(),
              [](const RunRow &a, const RunRow &b) { return a.startedAtMs > b.startedAtMs; });
    m_flaggedBy = flaggedBy;
    m_inWork = inWork;
    m_accuracy.clear();
    m_macroF1.clear();
    for (const RunRow &run : m_runs) {
        const QJsonObject metrics = QJsonDocument::fromJson(QByteArray::fromStdString(run.metricsJson)).object();
        m_accuracy.push_back(metrics.value("accuracy").toDouble(-1));
        m_macroF1.push_back(metrics.value("macro_f1").toDouble(-1));
    }
    endResetModel();
}

int RunsModel::rowOf(const QString &run) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(),
                                    [id = run.toStdString()](const RunRow &row) { return row.id == id; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

int RunsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(Columns);
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    const bool number = section == Folds || section == Seed || section == Accuracy || section == MacroF1;
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("Run");
    case Network: return tr("Network");
    case Data: return tr("Data");
    case Folds: return tr("Folds");
    case Seed: return tr("Seed");
    case Accuracy: return tr("Accuracy");
    case MacroF1: return tr("Macro F1");
    case State: return tr("State");
    case When: return tr("When");
    }
    return {};
}

QVariant RunsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const RunRow &run = m_runs[row];
    const QLocale locale;
    const auto percent = [&locale](double share) {
        return share < 0 ? QStringLiteral("–") : tr("%1 %").arg(locale.toString(100 * share, 'f', 1));
    };
    if (role == Qt::TextAlignmentRole) {
        const int column = index.column();
        const bool number = column == Folds || column == Seed || column == Accuracy || column == MacroF1;
        return QVariant(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role == Qt::ToolTipRole && index.column() == Data)
        return tr("Snapshot %1").arg(QString::fromStdString(run.snapshot));
    if (role == Qt::AccessibleTextRole)
        return tr("run %1, %2, accuracy %3")
            .arg(QString::fromStdString(run.id), QString::fromStdString(run.network), percent(m_accuracy[row]));
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Name: return QString::fromStdString(run.id);
    case Network:
        return run.recipe.empty()
                   ? QString::fromStdString(run.network)
                   : tr("%1 (%2)").arg(QString::fromStdString(run.network), QString::fromStdString(run.recipe));
    case Data:
        if (run.samples == 0) // not known before its end
            return QString::fromStdString(run.snapshot).left(8);
        return tr("%1 · %Ln face(s)", nullptr, static_cast<int>(run.samples))
            .arg(QString::fromStdString(run.snapshot).left(8));
    case Folds: return locale.toString(run.folds);
    case Seed: return locale.toString(static_cast<qlonglong>(run.seed));
    case Accuracy: return percent(m_accuracy[row]);
    case MacroF1: return percent(m_macroF1[row]);
    case State: {
        const QString state = run.state == "done"        ? (learnedLabels(run) ? tr("done") : tr("pre-trained"))
                              : run.state == "running"   ? (run.id == m_inWork ? tr("running") : tr("interrupted"))
                              : run.state == "cancelled" ? tr("stopped")
                              : run.state == "failed"    ? tr("failed")
                                                         : QString::fromStdString(run.state);
        return run.id == m_flaggedBy ? tr("%1, made the flags").arg(state) : state;
    }
    case When: {
        const QDateTime when = QDateTime::fromMSecsSinceEpoch(run.startedAtMs);
        return QStringLiteral("%1 %2").arg(locale.toString(when.date(), QLocale::ShortFormat),
                                           when.toString(QStringLiteral("HH:mm")));
    }
    }
    return {};
}

} // namespace mien
