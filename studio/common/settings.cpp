#include "studio/common/settings.h"

#include <QCryptographicHash>
#include <QDir>
#include <QSettings>

namespace mien {

QSettings &settings()
{
    static QSettings store(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("mien"),
                           QStringLiteral("studio"));
    return store;
}

QString settingsGroupOf(const QString &projectFolder)
{
    const QByteArray path = QDir(projectFolder).absolutePath().toUtf8();
    return QStringLiteral("projects/") +
           QString::fromLatin1(QCryptographicHash::hash(path, QCryptographicHash::Sha1).toHex().left(12));
}

} // namespace mien
