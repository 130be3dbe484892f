#include "studio/common/settings.h"

#include <QCryptographicHash>
#include <QDir>
#include <QSettings>
#include <QTemporaryDir>

namespace mien {

namespace {

bool isForgetful = false;

/// A settings file that goes with the program, filled with what is stored.
class PassingSettings
{
public:
    explicit PassingSettings(const QSettings &stored)
        : m_settings(m_folder.filePath(QStringLiteral("studio.ini")), QSettings::IniFormat)
    {
        for (const QString &key : stored.allKeys())
            m_settings.setValue(key, stored.value(key));
    }

    QSettings &settings() { return m_settings; }

private:
    QTemporaryDir m_folder;
    QSettings m_settings;
};

} // namespace

void rememberNothing()
{
    isForgetful = true;
}

bool remembersNothing()
{
    return isForgetful;
}

QSettings &settings()
{
    static QSettings store(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("mien"),
                           QStringLiteral("studio"));
    if (!isForgetful)
        return store;
    static PassingSettings passing(store);
    return passing.settings();
}

QString settingsGroupOf(const QString &projectFolder)
{
    const QByteArray path = QDir(projectFolder).absolutePath().toUtf8();
    return QStringLiteral("projects/") +
           QString::fromLatin1(QCryptographicHash::hash(path, QCryptographicHash::Sha1).toHex().left(12));
}

} // namespace mien
