#include "studio/common/recent_projects.h"

#include "studio/common/settings.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace mien {

namespace {

constexpr int kept = 12;

QString stripPath(const QString &folder)
{
    const QString cache = QStandardPaths::writableLocation(QStandardPaths::CacheLocation);
    return QDir(cache).filePath(settingsGroupOf(folder).section(QLatin1Char('/'), 1) + QStringLiteral(".png"));
}

void write(const QList<RecentProject> &projects)
{
    QSettings &store = settings();
    store.beginWriteArray(QStringLiteral("recent"), int(projects.size()));
    for (int i = 0; i < projects.size(); ++i) {
        store.setArrayIndex(i);
        store.setValue(QStringLiteral("folder"), projects[i].folder);
        store.setValue(QStringLiteral("name"), projects[i].name);
        store.setValue(QStringLiteral("openedAt"), projects[i].openedAt);
        store.setValue(QStringLiteral("samples"), projects[i].samples);
        store.setValue(QStringLiteral("flagged"), projects[i].flagged);
        store.setValue(QStringLiteral("page"), projects[i].page);
    }
    store.endArray();
}

} // namespace

QList<RecentProject> recentProjects()
{
    QSettings &store = settings();
    QList<RecentProject> projects;
    const int count = store.beginReadArray(QStringLiteral("recent"));
    for (int i = 0; i < count; ++i) {
        store.setArrayIndex(i);
        RecentProject project;
        project.folder = store.value(QStringLiteral("folder")).toString();
        project.name = store.value(QStringLiteral("name")).toString();
        project.openedAt = store.value(QStringLiteral("openedAt")).toDateTime();
        project.samples = store.value(QStringLiteral("samples")).toLongLong();
        project.flagged = store.value(QStringLiteral("flagged")).toLongLong();
        project.page = store.value(QStringLiteral("page")).toString();
        project.missing = !QFileInfo::exists(QDir(project.folder).filePath(QStringLiteral("project.db")));
        if (!project.folder.isEmpty())
            projects << project;
    }
    store.endArray();
    return projects;
}

void rememberProject(const RecentProject &project)
{
    QList<RecentProject> projects = recentProjects();
    projects.removeIf([&](const RecentProject &other) { return other.folder == project.folder; });
    projects.prepend(project);
    write(projects.mid(0, kept));
}

void forgetProject(const QString &folder)
{
    QList<RecentProject> projects = recentProjects();
    projects.removeIf([&](const RecentProject &other) { return other.folder == folder; });
    write(projects);
    QFile::remove(stripPath(folder));
}

QImage recentStrip(const QString &folder)
{
    return QImage(stripPath(folder));
}

void rememberStrip(const QString &folder, const QImage &strip)
{
    const QString path = stripPath(folder);
    QDir().mkpath(QFileInfo(path).path());
    strip.save(path);
}

} // namespace mien
