#include "studio/importing/format_choices.h"

#include "studio/common/theme.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>

namespace mien {

namespace {

QString text(const QJsonObject &option, const char *key)
{
    return option[QLatin1String(key)].toString();
}

bool isSet(const QJsonObject &option)
{
    return text(option, "argument") == QStringLiteral("--set");
}

const QString numberingLabel = QStringLiteral("importChoiceName_numbering");

} // namespace

FormatChoices::FormatChoices(QWidget *parent)
    : QWidget(parent)
    , m_form(new QFormLayout(this))
{
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setHorizontalSpacing(Theme::space(16));
    hide();
}

void FormatChoices::learn(const QJsonObject &format)
{
    QJsonArray ours;
    for (const auto &option : format[QStringLiteral("options")].toArray())
        if (option.toObject().contains(QStringLiteral("argument")))
            ours.append(option);
    m_options.insert(text(format, "name"), ours);
    if (m_format == text(format, "name"))
        m_format.clear(); // shown before it was known
}

void FormatChoices::showFor(const QString &format, bool asksForNumbering)
{
    if (format != m_format) {
        m_format = format;
        m_arguments.clear();
        m_chosen.clear();
        while (m_form->rowCount() > 0)
            m_form->removeRow(0);
        for (const auto &option : m_options.value(format))
            add(option.toObject());
    }
    bool isAny = false;
    for (int row = 0; row < m_form->rowCount(); ++row) {
        const auto *label = m_form->itemAt(row, QFormLayout::LabelRole)->widget();
        const bool isNumbering = label->objectName() == numberingLabel;
        const bool isShown = !isNumbering || asksForNumbering || m_chosen.contains(QStringLiteral("numbering"));
        m_form->setRowVisible(row, isShown);
        isAny = isAny || isShown;
    }
    setVisible(isAny);
}

void FormatChoices::forget()
{
    m_format.clear();
    m_arguments.clear();
    m_chosen.clear();
    hide();
}

QStringList FormatChoices::arguments() const
{
    QStringList all;
    for (const QStringList &arguments : m_arguments)
        all << arguments;
    return all;
}

void FormatChoices::choose(const QJsonObject &option, const QString &value)
{
    const QString name = text(option, "name");
    if (m_chosen.value(name, text(option, "default")) == value)
        return;
    m_chosen[name] = value;
    if (value == text(option, "default"))
        m_arguments.remove(name);
    else
        m_arguments[name] = {text(option, "argument"), isSet(option) ? name + QLatin1Char('=') + value : value};
    Q_EMIT changed();
}

void FormatChoices::add(const QJsonObject &option)
{
    const QString name = text(option, "name");
    QWidget *editor = nullptr;
    if (text(option, "type") == QStringLiteral("number")) {
        auto *number = new QDoubleSpinBox;
        number->setRange(0, 1);
        number->setSingleStep(0.05);
        number->setKeyboardTracking(false);
        connect(number, &QDoubleSpinBox::valueChanged, this,
                [this, option](double value) { choose(option, value > 0 ? QString::number(value) : QString()); });
        editor = number;
    } else {
        auto *choice = new QComboBox;
        if (text(option, "default").isEmpty())
            choice->addItem(tr("not said"), QString());
        for (const auto &value : option[QStringLiteral("values")].toArray())
            choice->addItem(value.toString(), value.toString());
        connect(choice, &QComboBox::activated, this,
                [this, option, choice] { choose(option, choice->currentData().toString()); });
        editor = choice;
    }
    editor->setObjectName(QStringLiteral("importChoice_") + name);
    editor->setToolTip(text(option, "help"));
    auto *label = new QLabel(name.left(1).toUpper() + name.mid(1));
    label->setObjectName(QStringLiteral("importChoiceName_") + name);
    label->setToolTip(editor->toolTip());
    label->setBuddy(editor);
    editor->setAccessibleName(label->text());
    editor->setAccessibleDescription(editor->toolTip());
    auto *row = new QHBoxLayout;
    row->setSpacing(Theme::space(12));
    row->addWidget(editor);
    row->addWidget(Theme::words(editor->toolTip(), Theme::Type::Secondary), 1);
    m_form->addRow(label, row);
}

} // namespace mien
