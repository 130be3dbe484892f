#include "studio/training/setting_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleValidator>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSpinBox>

#include <limits>

namespace mien {

SettingEditor::SettingEditor(const NetworkSetting &setting, QWidget *parent)
    : QWidget(parent)
    , m_setting(setting)
{
    QWidget *editor = nullptr;
    switch (setting.type) {
    case NetworkSetting::Type::Choice:
        m_choice = new QComboBox;
        m_choice->addItems(setting.values);
        connect(m_choice, &QComboBox::currentTextChanged, this, &SettingEditor::changed);
        editor = m_choice;
        break;
    case NetworkSetting::Type::Integer:
        m_integer = new QSpinBox;
        m_integer->setRange(setting.range ? static_cast<int>(setting.range->first) : std::numeric_limits<int>::min(),
                            setting.range ? static_cast<int>(setting.range->second) : std::numeric_limits<int>::max());
        connect(m_integer, &QSpinBox::valueChanged, this, &SettingEditor::changed);
        editor = m_integer;
        break;
    case NetworkSetting::Type::Switch:
        m_switch = new QCheckBox;
        connect(m_switch, &QCheckBox::toggled, this, &SettingEditor::changed);
        editor = m_switch;
        break;
    case NetworkSetting::Type::Number:
    case NetworkSetting::Type::Text:
        m_text = new QLineEdit;
        if (setting.type == NetworkSetting::Type::Number) {
            auto *validator = new QDoubleValidator(m_text);
            validator->setLocale(QLocale::c()); // the command line's decimal point, whatever the system's
            if (setting.range)
                validator->setRange(setting.range->first, setting.range->second);
            m_text->setValidator(validator);
        }
        connect(m_text, &QLineEdit::textChanged, this, &SettingEditor::changed);
        editor = m_text;
        break;
    }
    editor->setObjectName(QStringLiteral("setting.") + setting.name);
    editor->setAccessibleName(setting.name);
    editor->setToolTip(setting.help);
    setFocusProxy(editor);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(editor, 1);
    setValue(setting.standard);
}

QString SettingEditor::value() const
{
    if (m_choice)
        return m_choice->currentText();
    if (m_integer)
        return QString::number(m_integer->value());
    if (m_switch)
        return m_switch->isChecked() ? QStringLiteral("true") : QStringLiteral("false");
    return m_text->text();
}

bool SettingEditor::take(const QString &value)
{
    const QString former = this->value();
    bool isPossible = true;
    if (m_choice) {
        isPossible = m_choice->findText(value) >= 0;
    } else if (m_integer) {
        const int number = value.toInt(&isPossible);
        isPossible = isPossible && number >= m_integer->minimum() && number <= m_integer->maximum();
    } else if (m_switch) {
        isPossible =
            QStringList{QStringLiteral("true"), QStringLiteral("false"), QStringLiteral("1"), QStringLiteral("0")}
                .contains(value);
    }
    if (!isPossible)
        return false;
    setValue(value);
    if (!m_text || m_text->hasAcceptableInput())
        return true;
    setValue(former);
    return false;
}

void SettingEditor::setValue(const QString &value)
{
    if (m_choice)
        m_choice->setCurrentText(value);
    else if (m_integer)
        m_integer->setValue(value.toInt());
    else if (m_switch)
        m_switch->setChecked(value == QLatin1String("true") || value == QLatin1String("1"));
    else
        m_text->setText(value);
}

} // namespace mien
