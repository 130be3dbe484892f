#include "tests/support/controls.h"

#include <QAbstractButton>
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

} // namespace mien::test
