#pragma once

#include "studio/checking/split_facts.h"

#include <QAbstractTableModel>

namespace mien {

/// What leaks between splits, a row each.
class LeaksModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Kind, Name, Faces, Splits, Columns };

    explicit LeaksModel(QObject *parent = nullptr);

    void setLeaks(std::vector<LeakFact> leaks);
    const LeakFact &at(int row) const { return m_leaks[std::size_t(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;

    static QString splitWord(const QString &split); ///< "train" → "training"

private:
    static QString kindWord(const QString &kind);

    std::vector<LeakFact> m_leaks;
};

} // namespace mien
