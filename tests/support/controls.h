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
/// Controls below `root` that show less than their words, or reach out of the window; `place` begins each message.
QStringList clippedIn(const QWidget &window, const QWidget *root, const QString &place);

} // namespace mien::test
