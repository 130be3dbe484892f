#pragma once

class QSettings;
class QString;

namespace mien {

/// The program's settings in the platform's usual place (XDG_CONFIG_HOME moves it). GUI thread only.
QSettings &settings();

/// Group name for what belongs to one project folder, "projects/<hash>".
QString settingsGroupOf(const QString &projectFolder);

} // namespace mien
