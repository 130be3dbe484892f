#include "studio/common/key_sheet.h"

#include "studio/common/action_registry.h"
#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QFile>
#include <QFileDialog>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPageSize>
#include <QPdfWriter>
#include <QPushButton>
#include <QTableWidget>
#include <QTextDocument>
#include <QVBoxLayout>

namespace mien {

KeySheet::KeySheet(ActionRegistry &actions, const QList<std::pair<QString, QString>> &places, QWidget *parent)
    : QDialog(parent)
    , m_actions(actions)
    , m_places(places)
    , m_table(new QTableWidget)
    , m_note(new QLabel)
{
    setObjectName(QStringLiteral("keySheet"));
    setWindowTitle(tr("Keys"));
    resize(fontMetrics().averageCharWidth() * 150, fontMetrics().height() * 38);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(8));
    m_note->setText(
        tr("Double-click a row (or press Enter on it) to give it another key. Keys of the digit row and the "
           "number pad are the same."));
    m_note->setWordWrap(true);
    layout->addWidget(m_note);
    m_table->setObjectName(QStringLiteral("keyTable"));
    m_table->setAccessibleName(tr("Verbs and their keys"));
    m_table->setColumnCount(3);
    m_table->setHorizontalHeaderLabels({tr("Verb"), tr("Key"), tr("What it does")});
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + Theme::space(8));
    m_table->setShowGrid(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    layout->addWidget(m_table);
    auto *buttons = new QDialogButtonBox;
    auto *print = buttons->addButton(tr("Save as PDF…"), QDialogButtonBox::ActionRole);
    print->setObjectName(QStringLiteral("keyPrint"));
    auto *close = buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    close->setObjectName(QStringLiteral("keyClose"));
    print->setAutoDefault(false);
    close->setDefault(true);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(print, &QPushButton::clicked, this, &KeySheet::print);
    connect(m_table, &QTableWidget::cellActivated, this, &KeySheet::change);
    fill();
    m_table->setCurrentCell(1, 0);
}

void KeySheet::fill()
{
    m_table->setRowCount(0);
    QList<std::pair<QString, QString>> places{{QString(), tr("Anywhere")}};
    places += m_places;
    for (const auto &[scope, title] : places) {
        bool headed = false;
        for (const ActionRegistry::Entry &entry : m_actions.entries()) {
            if (entry.spec.scope != scope)
                continue;
            if (!headed) {
                const int row = m_table->rowCount();
                m_table->insertRow(row);
                auto *head = new QTableWidgetItem(title);
                head->setFont(Theme::instance().font(Theme::Type::Heading));
                head->setFlags(Qt::ItemIsEnabled);
                m_table->setItem(row, 0, head);
                m_table->setSpan(row, 0, 1, 3);
                headed = true;
            }
            const int row = m_table->rowCount();
            m_table->insertRow(row);
            QString text = entry.action->text();
            auto *item = new QTableWidgetItem(iconOrBlank(entry.action->icon()), text.remove(QLatin1Char('&')));
            item->setData(Qt::UserRole, entry.spec.id);
            m_table->setItem(row, 0, item);
            QStringList keys;
            for (const QKeySequence &key : entry.action->shortcuts())
                keys << key.toString(QKeySequence::NativeText);
            m_table->setItem(row, 1, new QTableWidgetItem(keys.join(tr(" or "))));
            m_table->setItem(row, 2, new QTableWidgetItem(entry.spec.help));
        }
    }
}

void KeySheet::change(int row)
{
    const QString id = m_table->item(row, 0)->data(Qt::UserRole).toString();
    if (id.isEmpty())
        return;
    auto *dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("keyEditor"));
    dialog->setWindowTitle(tr("Key for “%1”").arg(m_table->item(row, 0)->text()));
    auto *layout = new QVBoxLayout(dialog);
    auto *edit = new QKeySequenceEdit(m_actions.action(id)->shortcut());
    edit->setObjectName(QStringLiteral("keyEdit"));
    edit->setAccessibleName(tr("New key"));
    layout->addWidget(edit);
    auto *problem = new QLabel(tr("Press the new key."));
    problem->setWordWrap(true);
    layout->addWidget(problem);
    auto *buttons = new QDialogButtonBox;
    auto *use = buttons->addButton(tr("Use this key"), QDialogButtonBox::AcceptRole);
    use->setObjectName(QStringLiteral("keyUse"));
    auto *reset = buttons->addButton(tr("Default"), QDialogButtonBox::ResetRole);
    reset->setObjectName(QStringLiteral("keyReset"));
    auto *cancel = buttons->addButton(tr("Leave as it is"), QDialogButtonBox::RejectRole);
    cancel->setObjectName(QStringLiteral("keyCancel"));
    layout->addWidget(buttons);
    connect(edit, &QKeySequenceEdit::keySequenceChanged, dialog, [this, id, use, problem](const QKeySequence &key) {
        const ActionRegistry::Entry *other = m_actions.conflicting(id, key);
        use->setEnabled(!other);
        problem->setText(
            other ? tr("%1 already belongs to “%2”. Choose another key, or change that one first.")
                        .arg(key.toString(QKeySequence::NativeText), QString(other->spec.text).remove(QLatin1Char('&')))
                  : tr("This key is free."));
    });
    connect(use, &QPushButton::clicked, dialog, [this, id, edit, dialog] {
        const QKeySequence key = edit->keySequence();
        m_actions.setKeys(id, key.isEmpty() ? QList<QKeySequence>() : QList<QKeySequence>{key});
        dialog->accept();
    });
    connect(reset, &QPushButton::clicked, dialog, [this, id, dialog] {
        m_actions.resetKeys(id);
        dialog->accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(dialog, &QDialog::accepted, this, [this, row] {
        fill();
        m_table->selectRow(row);
    });
    dialog->open();
}

void KeySheet::print()
{
    auto *dialog = new QFileDialog(this, tr("Save the key sheet"), QStringLiteral("mien-keys.pdf"), tr("PDF (*.pdf)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        QString html = QStringLiteral("<h1>Mien</h1><table cellpadding='3'>");
        for (int row = 0; row < m_table->rowCount(); ++row) {
            const QTableWidgetItem *key = m_table->item(row, 1);
            html += key ? QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                              .arg(key->text().toHtmlEscaped(), m_table->item(row, 0)->text().toHtmlEscaped())
                        : QStringLiteral("<tr><td colspan='2'><h2>%1</h2></td></tr>")
                              .arg(m_table->item(row, 0)->text().toHtmlEscaped());
        }
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly)) {
            m_note->setText(tr("%1 could not be written: %2.").arg(path, file.errorString()));
            return;
        }
        QPdfWriter writer(&file);
        writer.setPageSize(QPageSize(QPageSize::A4));
        QTextDocument document;
        document.setHtml(html + QStringLiteral("</table>"));
        document.print(&writer);
    });
    dialog->open();
}

} // namespace mien
