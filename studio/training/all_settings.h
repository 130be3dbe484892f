#pragma once

#include "studio/training/network_catalog.h"

#include <QDialog>

#include <utility>

class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QTableWidget;

namespace mien {

class MienCommand;

/// Every setting of a training and of its network: what it would be as the form stands, what is possible, and what it
/// is for. A value that is changed here goes into the form.
class AllSettings : public QDialog
{
    Q_OBJECT

public:
    /// @param check  for `mien`: train --check …, which says what each setting would be
    AllSettings(const QStringList &check, const QList<TrainingKey> &keys, const NetworkEntry &network,
                QWidget *parent = nullptr);
    ~AllSettings() override;

Q_SIGNALS:
    /// KEY and VALUE of `--set` of those that were changed; the dialog closes.
    void chosen(const QList<std::pair<QString, QString>> &settings);

private:
    void addRow(const QString &name, const QString &value, const QString &possible, const QString &help);
    void find(const QString &text);
    void take();

    QLineEdit *m_find;
    QLabel *m_words;
    QTableWidget *m_table;
    QDialogButtonBox *m_buttons;
    MienCommand *m_command;
};

} // namespace mien
