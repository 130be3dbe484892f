#pragma once

#include <QJsonObject>
#include <QList>
#include <QWidget>

class QLabel;
class QTableWidget;

namespace mien {

/// What an import leaves out, row by row: file, line, the reason in words. The first 200; the rest is in problems.csv.
class SkippedRows : public QWidget
{
    Q_OBJECT

public:
    /// @param name  of the table, for the tests
    explicit SkippedRows(const QString &name, QWidget *parent = nullptr);

    /// @param warnings  as `mien import --json` tells them
    /// @param count     all of them, also those that are not in `warnings`
    /// @param list      problems.csv; empty before there is one
    void setWarnings(const QList<QJsonObject> &warnings, qint64 count, const QString &list = {});

private:
    QTableWidget *m_table;
    QLabel *m_more;
};

} // namespace mien
