#pragma once

#include <QDialog>

class QLabel;
class QTableWidget;

namespace mien {

class ActionRegistry;

/// All keys by place, to read (`?`), print, and change: double-click a key, press the new one. A key that is taken is
/// refused with the name of the verb that has it.
class KeySheet : public QDialog
{
    Q_OBJECT

public:
    /// @param place  id and title of the pages, in the order of the mode bar
    KeySheet(ActionRegistry &actions, const QList<std::pair<QString, QString>> &places, QWidget *parent = nullptr);

private:
    void fill();
    void change(int row);
    void print();

    ActionRegistry &m_actions;
    QList<std::pair<QString, QString>> m_places;
    QTableWidget *m_table;
    QLabel *m_note;
};

} // namespace mien
