#include "tests/support/controls.h"

#include <QAbstractButton>
#include <QCoreApplication>
#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QWidget>

#include <algorithm>
#include <array>

namespace mien::test {

bool isOurs(const QWidget *widget)
{
    static constexpr std::array qtControls{"QComboBox",   "QAbstractSpinBox", "QTabBar",
                                           "QMenuBar",    "QLineEdit",        "QTableView",
                                           "QFileDialog", "QHeaderView",      "QKeySequenceEdit"};
    if (widget->objectName().startsWith(QStringLiteral("qt_")))
        return false;
    for (const QWidget *parent = widget->parentWidget(); parent; parent = parent->parentWidget()) {
        if (std::any_of(qtControls.begin(), qtControls.end(), [parent](const char *c) { return parent->inherits(c); }))
            return false;
    }
    return true;
}

bool isNamed(const QWidget *widget)
{
    const auto *button = qobject_cast<const QAbstractButton *>(widget);
    const bool hasWords = !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty());
    return hasWords && !widget->objectName().isEmpty();
}

QString pathOf(const QWidget *widget)
{
    const QString type = QString::fromLatin1(widget->metaObject()->className());
    QString path = type + QLatin1Char('#') + widget->objectName();
    for (const QWidget *parent = widget->parentWidget(); parent; parent = parent->parentWidget()) {
        const QString name = parent->objectName().isEmpty() ? QString::fromLatin1(parent->metaObject()->className())
                                                            : parent->objectName();
        path.prepend(name + QLatin1Char('/'));
    }
    return path;
}

QStringList namelessIn(const QWidget *root)
{
    QStringList found;
    for (const QWidget *widget : root->findChildren<QWidget *>()) {
        if (widget->focusPolicy() != Qt::NoFocus && isOurs(widget) && !widget->focusProxy() && !isNamed(widget))
            found << pathOf(widget);
    }
    return found;
}

QStringList clippedIn(const QWidget &window, const QWidget *root, const QString &place)
{
    // A word that changed a moment ago has its room once the layouts have been asked.
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    QStringList clipped;
    for (const QWidget *widget : root->findChildren<QWidget *>()) {
        const auto *label = qobject_cast<const QLabel *>(widget);
        const bool hasText = (label && !label->text().isEmpty() && !label->wordWrap()) ||
                             qobject_cast<const QPushButton *>(widget) || qobject_cast<const QToolButton *>(widget);
        if (!widget->isVisible() || widget->window() != window.window())
            continue;
        if (hasText && isOurs(widget) &&
            (widget->width() < widget->minimumSizeHint().width() ||
             widget->height() < widget->minimumSizeHint().height()))
            clipped << QStringLiteral("%1: %2 has %3 x %4 of %5 x %6")
                           .arg(place, widget->objectName())
                           .arg(widget->width())
                           .arg(widget->height())
                           .arg(widget->minimumSizeHint().width())
                           .arg(widget->minimumSizeHint().height());
        bool scrolled = false;
        for (const QWidget *parent = widget->parentWidget(); parent; parent = parent->parentWidget())
            scrolled = scrolled || parent->inherits("QAbstractScrollArea");
        if (!scrolled && widget->mapTo(&window, QPoint(widget->width(), 0)).x() > window.width() + 1)
            clipped << QStringLiteral("%1: %2 leaves the window").arg(place, widget->objectName());
    }
    return clipped;
}

} // namespace mien::test
