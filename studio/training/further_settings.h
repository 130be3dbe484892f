#pragma once

#include "studio/training/network_catalog.h"

#include <QHash>
#include <QPlainTextEdit>

class QCompleter;
class QLabel;
class QStandardItemModel;

namespace mien {

/// Settings that the form has no control for, one KEY=VALUE a line; keys are completed as they are typed. Whether the
/// values are possible is for the command to say.
class FurtherSettings : public QPlainTextEdit
{
    Q_OBJECT

public:
    explicit FurtherSettings(QWidget *parent = nullptr);

    QLabel *wordsLabel() const
    {
        return m_words;
    } ///< What is wrong, what the key at the cursor is for, or what one can write; below.

    void setKeys(const QList<TrainingKey> &keys); ///< What is offered.
    /// Adds a line, or replaces the value of the one that names the key.
    void set(const QString &key, const QString &value);
    QList<std::pair<QString, QString>> settings() const; ///< Of the lines that are KEY=VALUE.
    /// What is wrong with the lines themselves; empty: nothing.
    /// @param taken  keys that have a control of their own, which says something as well
    QString fault(const QStringList &taken) const;
    void showFault(const QString &fault); ///< In place; empty: nothing is wrong.

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void offer();
    void showWords();
    void take(const QString &completion);
    QString lineToCursor() const;

    QLabel *m_words;
    QString m_fault;
    QHash<QString, QString> m_helps; ///< By key: what it takes, and what it is for.
    QCompleter *m_completer;
    QStandardItemModel *m_keys;
};

} // namespace mien
