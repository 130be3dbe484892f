#pragma once

class QSettings;
class QString;

namespace mien {

/// The program's settings in the platform's usual place (XDG_CONFIG_HOME moves it). GUI thread only.
QSettings &settings();

/// From here on nothing outlives the program: the settings are a copy of what is stored, and no session is kept. For
/// runs that nobody sits in front of (`--self-test`, `--screens`). To be called before settings().
void rememberNothing();
bool remembersNothing();

/// Group name for what belongs to one project folder, "projects/<hash>".
QString settingsGroupOf(const QString &projectFolder);

} // namespace mien
