#pragma once

#include <QString>
#include <QStringList>

class QWidget;

namespace mien::test {

/// False for the parts that Qt makes inside its own controls (the field of a spin box, the buttons of a tab bar).
bool isOurs(const QWidget *widget);
/// Whether a control has an objectName and words for a screen reader.
bool isNamed(const QWidget *widget);
/// "mainWindow/…/QToolButton#name", for messages.
QString pathOf(const QWidget *widget);
/// Paths of the controls below `root` that take the focus and are not named.
QStringList namelessIn(const QWidget *root);

} // namespace mien::test
