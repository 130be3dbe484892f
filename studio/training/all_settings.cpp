#include "studio/training/all_settings.h"

#include "studio/common/mien_command.h"
#include "studio/common/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QVBoxLayout>

namespace mien {

namespace {

enum Column { Name, Value, Possible, Help };
constexpr int FormerRole = Qt::UserRole; ///< Of a value: what it was.

/// Offers what is possible where that is a list.
class ValueDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const QString possible = index.siblingAtColumn(Possible).data().toString();
        const QString list = QStringLiteral("one of ");
        QWidget *editor = nullptr;
        if (possible.startsWith(list)) {
            auto *box = new QComboBox(parent);
            box->addItems(possible.mid(list.size()).split(QStringLiteral(", ")));
            editor = box;
        } else {
            editor = QStyledItemDelegate::createEditor(parent, option, index);
        }
        editor->setAccessibleName(index.siblingAtColumn(Name).data().toString());
        editor->setToolTip(possible);
        return editor;
    }
    void setEditorData(QWidget *editor, const QModelIndex &index) const override
    {
        if (auto *box = qobject_cast<QComboBox *>(editor))
            box->setCurrentText(index.data().toString());
        else
            QStyledItemDelegate::setEditorData(editor, index);
    }
    void setModelData(QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const override
    {
        if (const auto *box = qobject_cast<QComboBox *>(editor))
            model->setData(index, box->currentText());
        else
            QStyledItemDelegate::setModelData(editor, model, index);
    }
};

QString possibleOf(const NetworkSetting &setting)
{
    if (!setting.values.isEmpty())
        return QStringLiteral("one of ") + setting.values.join(QStringLiteral(", "));
    if (setting.type == NetworkSetting::Type::Switch)
        return QStringLiteral("one of true, false");
    const QString kind =
        setting.type == NetworkSetting::Type::Integer ? QStringLiteral("a whole number") : QStringLiteral("a number");
    if (!setting.range)
        return setting.type == NetworkSetting::Type::Text ? QString() : kind;
    return QStringLiteral("%1 of %2 to %3").arg(kind).arg(setting.range->first).arg(setting.range->second);
}

/// As `--set` takes it.
QString textOf(const QJsonValue &value)
{
    return value.isDouble() ? QString::number(value.toDouble(), 'g', QLocale::FloatingPointShortest)
                            : value.toVariant().toString();
}

} // namespace

AllSettings::AllSettings(const QStringList &check, const QList<TrainingKey> &keys, const NetworkEntry &network,
                         QWidget *parent)
    : QDialog(parent)
    , m_find(new QLineEdit(this))
    , m_words(Theme::words(tr("Asking what each setting would be …"), Theme::Type::Secondary))
    , m_table(new QTableWidget(0, 4, this))
    , m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this))
    , m_command(new MienCommand(this))
{
    setObjectName(QStringLiteral("allSettings"));
    setWindowTitle(tr("All settings of %1").arg(network.name));
    setAttribute(Qt::WA_DeleteOnClose);
    m_find->setObjectName(QStringLiteral("allSettingsFind"));
    m_find->setAccessibleName(tr("Find a setting"));
    m_find->setPlaceholderText(tr("Find a setting"));
    m_find->setClearButtonEnabled(true);
    connect(m_find, &QLineEdit::textChanged, this, &AllSettings::find);
    m_words->setObjectName(QStringLiteral("allSettingsWords"));
    m_table->setObjectName(QStringLiteral("allSettingsTable"));
    m_table->setAccessibleName(tr("Settings"));
    m_table->setHorizontalHeaderLabels({tr("Setting"), tr("Value"), tr("Possible"), tr("What it is for")});
    m_table->setItemDelegateForColumn(Value, new ValueDelegate(m_table));
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                             QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    const int unit = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(Name, 20 * unit);
    m_table->setColumnWidth(Value, 16 * unit);
    m_table->setColumnWidth(Possible, 30 * unit);
    QPushButton *use = m_buttons->button(QDialogButtonBox::Ok);
    use->setText(tr("Use"));
    use->setObjectName(QStringLiteral("allSettingsUse"));
    use->setAccessibleName(tr("Use the changed settings"));
    connect(m_buttons, &QDialogButtonBox::accepted, this, &AllSettings::take);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(16), Theme::space(16), Theme::space(16), Theme::space(16));
    column->setSpacing(Theme::space(12));
    column->addWidget(m_find);
    column->addWidget(m_words);
    column->addWidget(m_table, 1);
    column->addWidget(m_buttons);
    resize(120 * unit, 40 * fontMetrics().lineSpacing());

    connect(m_command, &MienCommand::finished, this, [this, keys, network](const MienCommand::Outcome &outcome) {
        if (!outcome.ok()) {
            m_words->setText(outcome.error);
            Theme::mark(m_words, "danger", true);
            return;
        }
        m_words->setText(tr("As the form stands. Double-click a value, or press F2, to change it."));
        const QJsonObject values = outcome.result.value(QLatin1String("settings")).toObject();
        for (const NetworkSetting &setting : network.settings)
            addRow(setting.name, values.contains(setting.name) ? textOf(values.value(setting.name)) : setting.standard,
                   possibleOf(setting), setting.help);
        for (const TrainingKey &key : keys)
            addRow(key.name, textOf(values.value(key.name)), key.takes, key.help);
        find(m_find->text());
        m_table->setCurrentCell(0, Value);
    });
    m_command->start(check);
}

AllSettings::~AllSettings() = default;

void AllSettings::addRow(const QString &name, const QString &value, const QString &possible, const QString &help)
{
    const int row = m_table->rowCount();
    m_table->insertRow(row);
    const QString columns[] = {name, value, possible, help};
    for (int column = Name; column <= Help; ++column) {
        auto *item = new QTableWidgetItem(columns[column]);
        if (column == Value)
            item->setData(FormerRole, value);
        else
            item->setFlags(item->flags() & ~Qt::ItemIsEditable);
        m_table->setItem(row, column, item);
    }
}

void AllSettings::find(const QString &text)
{
    for (int row = 0; row < m_table->rowCount(); ++row) {
        bool isFound = text.trimmed().isEmpty();
        for (const int column : {Name, Possible, Help})
            isFound = isFound || m_table->item(row, column)->text().contains(text.trimmed(), Qt::CaseInsensitive);
        m_table->setRowHidden(row, !isFound);
    }
}

void AllSettings::take()
{
    QList<std::pair<QString, QString>> changed;
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const QTableWidgetItem *value = m_table->item(row, Value);
        if (value->text() != value->data(FormerRole).toString())
            changed.append({m_table->item(row, Name)->text(), value->text().trimmed()});
    }
    Q_EMIT chosen(changed);
    accept();
}

} // namespace mien
