#pragma once

#include "studio/training/network_catalog.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QSpinBox;

namespace mien {

/// The control that fits one setting: its values, its range, its default.
class SettingEditor : public QWidget
{
    Q_OBJECT

public:
    explicit SettingEditor(const NetworkSetting &setting, QWidget *parent = nullptr);

    const NetworkSetting &setting() const { return m_setting; }
    QString value() const;
    void setValue(const QString &value);
    bool take(const QString &value); ///< False, and as it was, where the control cannot say this.
    bool isChanged() const { return value() != m_setting.standard; }

Q_SIGNALS:
    void changed();

private:
    NetworkSetting m_setting;
    QComboBox *m_choice = nullptr;
    QSpinBox *m_integer = nullptr;
    QCheckBox *m_switch = nullptr;
    QLineEdit *m_text = nullptr;
};

} // namespace mien
