#pragma once

#include <QWidget>

class QButtonGroup;
class QToolButton;

namespace mien {

class ActionRegistry;

/// The modes at the left edge, icons with words. Adds the verb `go.<id>` of each to the registry.
class ModeBar : public QWidget
{
    Q_OBJECT

public:
    explicit ModeBar(ActionRegistry &actions, QWidget *parent = nullptr);

    void setCurrent(const QString &id);
    void setProjectOpen(bool open); ///< Modes of a project are hidden and their verbs say why without one.
    void setShown(bool shown);      ///< As the person wants it; kept in the settings.

Q_SIGNALS:
    void chosen(const QString &id);

private:
    QToolButton *button(const QString &id) const;

    ActionRegistry &m_actions;
    QButtonGroup *m_buttons;
};

} // namespace mien
