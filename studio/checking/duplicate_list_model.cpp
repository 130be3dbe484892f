#include "studio/checking/duplicate_list_model.h"

#include <algorithm>

namespace mien {

DuplicateListModel::DuplicateListModel(QObject *parent)
    : QAbstractListModel(parent)
{
}

bool DuplicateListModel::lets(Filter filter, const DuplicateGroup &group)
{
    switch (filter) {
    case Filter::All: return true;
    case Filter::LabelsDiffer: return group.labelsDiffer;
    case Filter::AcrossSplits: return group.isAcrossSplits;
    case Filter::NearOnly: return group.isNear;
    case Filter::Undecided: return group.decision == DuplicateDecision::None;
    }
    return true;
}

void DuplicateListModel::setGroups(std::vector<DuplicateGroup> groups)
{
    if (groups == m_groups)
        return;
    beginResetModel();
    m_groups = std::move(groups);
    refresh();
    endResetModel();
}

void DuplicateListModel::setFilter(Filter filter)
{
    if (filter == m_filter)
        return;
    beginResetModel();
    m_filter = filter;
    refresh();
    endResetModel();
}

void DuplicateListModel::refresh()
{
    m_rows.clear();
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        if (lets(m_filter, m_groups[i]))
            m_rows.push_back(i);
}

int DuplicateListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant DuplicateListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const DuplicateGroup &group = at(index.row());
    switch (role) {
    case Qt::DisplayRole: return title(group);
    case Qt::AccessibleTextRole: {
        QStringList said{tr("Group %1 of %2").arg(index.row() + 1).arg(m_rows.size()), title(group)};
        for (const QString &more : {trouble(group), decision(group)})
            if (!more.isEmpty())
                said << more;
        return said.join(QStringLiteral(", "));
    }
    default: return {};
    }
}

int DuplicateListModel::rowOf(SampleId name) const
{
    const auto found = std::find_if(m_rows.begin(), m_rows.end(),
                                    [&](std::size_t position) { return m_groups[position].samples.front() == name; });
    return found == m_rows.end() ? -1 : int(found - m_rows.begin());
}

int DuplicateListModel::nextUndecided(int row) const
{
    const int count = rowCount();
    for (int step = 1; step <= count; ++step) {
        const int at = (std::max(row, -1) + step) % count;
        if (at != row && this->at(at).decision == DuplicateDecision::None)
            return at;
    }
    return -1;
}

int DuplicateListModel::countOf(Filter filter) const
{
    return int(std::count_if(m_groups.begin(), m_groups.end(),
                             [filter](const DuplicateGroup &group) { return lets(filter, group); }));
}

QString DuplicateListModel::title(const DuplicateGroup &group) const
{
    const int count = int(group.samples.size());
    return group.isNear ? tr("%Ln nearly the same", nullptr, count) : tr("%Ln identical", nullptr, count);
}

QString DuplicateListModel::trouble(const DuplicateGroup &group) const
{
    QStringList words;
    if (group.labelsDiffer)
        words << tr("labels differ");
    if (group.isAcrossSplits)
        words << tr("across splits");
    return words.join(QStringLiteral(" · "));
}

QString DuplicateListModel::decision(const DuplicateGroup &group) const
{
    switch (group.decision) {
    case DuplicateDecision::None: return {};
    case DuplicateDecision::KeptOne: return tr("one kept");
    case DuplicateDecision::KeptAll: return tr("all kept");
    case DuplicateDecision::Conflict: return group.isInConflict ? tr("conflict to review") : tr("conflict settled");
    }
    return {};
}

} // namespace mien
