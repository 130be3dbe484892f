#pragma once

#include <QDateTime>
#include <QImage>
#include <QList>
#include <QString>

namespace mien {

/// A project opened before, as the start page shows it without opening it.
struct RecentProject
{
    QString folder, name;
    QDateTime openedAt;
    qint64 samples = 0, flagged = 0;
    QString page; ///< Where the person stopped: page title and position, "Review, 213 of 500".
    bool missing = false;
};

/// Newest first; kept in the settings, the strips of faces in the cache folder.
QList<RecentProject> recentProjects();
void rememberProject(const RecentProject &project);
void forgetProject(const QString &folder);
/// Strip of up to eight faces; null when there is none.
QImage recentStrip(const QString &folder);
void rememberStrip(const QString &folder, const QImage &strip);

} // namespace mien
