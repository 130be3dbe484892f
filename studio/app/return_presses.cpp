#include "studio/app/return_presses.h"

#include <QKeyEvent>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

namespace mien {

bool ReturnPresses::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::ShortcutOverride && event->type() != QEvent::KeyPress)
        return false;
    if (!qobject_cast<QPushButton *>(watched) && !qobject_cast<QToolButton *>(watched))
        return false;
    const auto *key = static_cast<QKeyEvent *>(event);
    const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (!isReturn || (key->modifiers() & ~Qt::KeypadModifier) != Qt::NoModifier)
        return false;
    event->accept();
    if (event->type() == QEvent::ShortcutOverride || key->isAutoRepeat())
        return true;
    auto *tool = qobject_cast<QToolButton *>(watched);
    auto *push = qobject_cast<QPushButton *>(watched);
    // A menu runs a loop of its own: not inside this event.
    if (tool && tool->popupMode() == QToolButton::InstantPopup)
        QTimer::singleShot(0, tool, &QToolButton::showMenu);
    else if (push && push->menu())
        QTimer::singleShot(0, push, &QPushButton::showMenu);
    else if (auto *button = static_cast<QAbstractButton *>(watched); button->isEnabled())
        button->click();
    return true;
}

} // namespace mien
