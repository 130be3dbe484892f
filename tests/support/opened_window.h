#pragma once

#include <QSize>
#include <QStringList>

namespace mien {
class MainWindow;
}

namespace mien::test {

/// What tests of the window begin with: the program that stands for `mien`, the theme, empty settings, an annotator.
void prepareWindowTests(const char *mienProgram);

/// Shows the window and opens the project in it; false when it was not open within a minute.
bool openProject(MainWindow &window, const QString &folder, QSize size = {1280, 800});

/// What is wrong with the look of the window as it is now, at 1280x720, in light and in dark colours: words that are
/// cut, more than one main action. Where MIEN_PICTURES names a folder, it keeps STATE-light.png and STATE-dark.png.
QStringList faultsOfLook(MainWindow &window, const QString &state);

} // namespace mien::test
