#pragma once

#include <QAbstractTableModel>
#include <QJsonObject>
#include <QStringList>

namespace mien {

/// Counts per class and split of an import's result ("by_class_split"), with sums.
class ImportReportModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    explicit ImportReportModel(QObject *parent = nullptr);
    void setResult(const QJsonObject &result);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QStringList m_classes, m_splits;
    QList<QList<qint64>> m_counts; ///< [class][split]
};

/// Reason codes of an import in words, in the number that fits: "TRUNCATED_IMAGE" → "truncated pictures". Unknown ones
/// stay as they are.
QString problemText(const QString &code, qint64 count);

} // namespace mien
