#pragma once

#include "pipeline/store/duplicate_groups.h"

#include <QAbstractListModel>

#include <vector>

namespace mien {

/// Groups of duplicates that a filter lets through, as rows. Groups lie in memory, 100 bytes each; what their faces
/// look like is asked for by who shows them.
class DuplicateListModel : public QAbstractListModel
{
    Q_OBJECT

public:
    enum class Filter { All, LabelsDiffer, AcrossSplits, NearOnly, Undecided };

    explicit DuplicateListModel(QObject *parent = nullptr);

    void setGroups(std::vector<DuplicateGroup> groups); ///< In the order of duplicateGroups().
    void setFilter(Filter filter);
    Filter filter() const { return m_filter; }

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

    const DuplicateGroup &at(int row) const { return m_groups[m_rows[std::size_t(row)]]; }
    const std::vector<DuplicateGroup> &groups() const { return m_groups; }
    int rowOf(SampleId name) const; ///< -1 when no shown group is called so.
    /// The next row behind `row` that nobody decided, from the top again after the last; -1: all are decided.
    int nextUndecided(int row) const;
    int countOf(Filter filter) const; ///< Groups of the project that a filter lets through.

    QString title(const DuplicateGroup &group) const;    ///< "3 nearly the same"
    QString trouble(const DuplicateGroup &group) const;  ///< "labels differ · across splits"; empty: none.
    QString decision(const DuplicateGroup &group) const; ///< "one kept"; empty: none.

private:
    static bool lets(Filter filter, const DuplicateGroup &group);
    void refresh();

    std::vector<DuplicateGroup> m_groups;
    std::vector<std::size_t> m_rows; ///< Positions in m_groups.
    Filter m_filter = Filter::All;
};

} // namespace mien
