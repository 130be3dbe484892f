#pragma once

#include <QDialog>
#include <QSortFilterProxyModel>

class QLineEdit;
class QListView;

namespace mien {

class ActionRegistry;

/// Type a few letters of any verb and run it (Ctrl+Shift+P).
class CommandPalette : public QDialog
{
    Q_OBJECT

public:
    explicit CommandPalette(ActionRegistry &actions, QWidget *parent = nullptr);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void run();

    QLineEdit *m_text;
    QListView *m_list;
    QSortFilterProxyModel *m_filtered;
};

/// How well `typed` fits `text`: -1 not at all; letters in order, starts of words and runs count more.
int fuzzyScore(const QString &typed, const QString &text);

} // namespace mien
