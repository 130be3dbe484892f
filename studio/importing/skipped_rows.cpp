#include "studio/importing/skipped_rows.h"

#include "studio/common/theme.h"
#include "studio/importing/import_report_model.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {
constexpr qsizetype kShown = 200;
} // namespace

SkippedRows::SkippedRows(const QString &name, QWidget *parent)
    : QWidget(parent)
    , m_table(new QTableWidget(0, 4))
    , m_more(Theme::words({}, Theme::Type::Secondary))
{
    m_table->setObjectName(name);
    m_table->setAccessibleName(tr("What is skipped"));
    m_table->setHorizontalHeaderLabels({tr("File"), tr("Line"), tr("What is wrong"), tr("Found")});
    m_table->verticalHeader()->hide();
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(4));
    column->addWidget(m_table, 1);
    column->addWidget(m_more);
}

void SkippedRows::setWarnings(const QList<QJsonObject> &warnings, qint64 count, const QString &list)
{
    const QLocale locale;
    const int rows = static_cast<int>(std::min(kShown, warnings.size()));
    m_table->setRowCount(rows);
    for (int row = 0; row < rows; ++row) {
        const QJsonObject &warning = warnings[row];
        const auto text = [&warning](const char *key) { return warning[QLatin1String(key)].toString(); };
        const qint64 line = warning[QStringLiteral("line")].toInteger();
        const QStringList cells{text("path"), line > 0 ? locale.toString(line) : QString(),
                                problemText(text("code"), 1), text("message")};
        for (int cell = 0; cell < cells.size(); ++cell) {
            auto *item = new QTableWidgetItem(cells[cell]);
            item->setToolTip(cells[cell]);
            m_table->setItem(row, cell, item);
        }
    }
    m_table->resizeColumnsToContents();
    const qint64 more = count - rows;
    m_more->setVisible(more > 0);
    if (more > 0 && list.isEmpty())
        m_more->setText(tr("%Ln more; the import lists all of them in problems.csv.", nullptr, static_cast<int>(more)));
    else
        m_more->setText(tr("%Ln more in %1", nullptr, static_cast<int>(more)).arg(list));
}

} // namespace mien
