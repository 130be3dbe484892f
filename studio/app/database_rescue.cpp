#include "studio/app/database_rescue.h"

#include "pipeline/store/backups.h"
#include "studio/common/background.h"

#include <QDateTime>
#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

namespace mien {

DatabaseRescue::DatabaseRescue(Studio &studio, QObject *parent)
    : QObject(parent)
    , m_studio(studio)
    , m_background(new Background(this))
{
}

bool DatabaseRescue::fits(const Error &error, const QString &folder)
{
    QFile database(QDir(folder).filePath(QStringLiteral("project.db")));
    if (!database.exists())
        return false;
    if (error.code == ErrorCode::Unreadable)
        return true;
    if (error.code != ErrorCode::Invalid || !database.open(QIODevice::ReadOnly))
        return false;
    // A file that still begins as one of ours is refused for another reason: a newer Mien made it.
    const QByteArray header = database.read(100);
    return !header.startsWith(QByteArray("SQLite format 3\0", 16)) || header.mid(68, 4) != "MIEN";
}

void DatabaseRescue::offer(const QString &folder, const QString &what)
{
    m_background->start(
        [path = folder.toStdString()](const Job &job) { return newestGoodBackup(path, job); },
        [this, folder, what](const Result<Backup> &backup) {
            if (backup)
                ask(folder, what, *backup);
            else
                m_studio.showError(
                    tr("%1 There is no good backup of it. Keep a copy of the folder; mien doctor says what is wrong.")
                        .arg(what),
                    QString::fromStdString(backup.error().message),
                    {{tr("Show folder"), [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); }}});
        });
}

void DatabaseRescue::ask(const QString &folder, const QString &what, const Backup &backup)
{
    const QString when = QLocale().toString(QDateTime::fromMSecsSinceEpoch(backup.atMs), QLocale::ShortFormat);
    auto *box = new QMessageBox(QMessageBox::NoIcon, tr("The project is damaged"), what, {}, m_studio.window());
    box->setObjectName(QStringLiteral("rescueBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(
        tr("The newest good copy was made on %1. What was stored after it is missing there. The damaged file is "
           "kept beside it, and pictures, runs and snapshots are not touched.")
            .arg(when));
    const auto button = [box](const QString &text, QMessageBox::ButtonRole role, const char *name) {
        QPushButton *made = box->addButton(text, role);
        made->setObjectName(QLatin1String(name));
        return made;
    };
    QPushButton *restore = button(tr("Restore the copy of %1").arg(when), QMessageBox::AcceptRole, "rescueRestore");
    QPushButton *show = button(tr("Show folder"), QMessageBox::ActionRole, "rescueFolder");
    box->setEscapeButton(button(tr("Not now"), QMessageBox::RejectRole, "rescueLater"));
    box->setDefaultButton(restore);
    connect(restore, &QPushButton::clicked, this, [this, folder, backup] { this->restore(folder, backup); });
    connect(show, &QPushButton::clicked, this, [folder] { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
    box->open();
}

void DatabaseRescue::restore(const QString &folder, const Backup &backup)
{
    if (m_studio.session())
        m_studio.closeProject(); // Nothing of it may be open while its database is replaced.
    m_background->start(
        [path = folder.toStdString(), backup](const Job &) { return restoreBackup(path, backup); },
        [this, folder](const Result<Restored> &restored) {
            if (!restored) {
                m_studio.showError(QString::fromStdString(restored.error().message));
                return;
            }
            m_studio.openProject(folder);
            m_studio.announce(
                tr("Restored; the damaged file is %1.").arg(QString::fromStdString(restored->damaged.string())));
        });
}

} // namespace mien
