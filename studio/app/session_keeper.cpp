#include "studio/app/session_keeper.h"

#include "studio/common/job_info.h"
#include "studio/common/settings.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>
#include <QTimer>

#include <unistd.h>

namespace mien {

namespace {

constexpr int keepEveryMs = 2000, daysOfOrphans = 30;

QString keyOf(const QString &project)
{
    return settingsGroupOf(project).section(QLatin1Char('/'), -1);
}

struct Found
{
    QString file;
    WindowState state;
};

/// Files of this project whose window is gone, newest first.
QList<Found> orphans(const QString &project)
{
    QList<Found> found;
    const QDir folder(SessionKeeper::folder());
    for (const QString &name :
         folder.entryList({keyOf(project) + QStringLiteral("-*.json")}, QDir::Files, QDir::Time)) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        const QJsonObject kept = QJsonDocument::fromJson(file.readAll()).object();
        const ProcessName window{kept[QStringLiteral("pid")].toInteger(),
                                 kept[QStringLiteral("start_time")].toString()};
        if (kept.isEmpty() || window.isAlive())
            continue;
        WindowState state;
        state.project = kept[QStringLiteral("project")].toString();
        state.page = kept[QStringLiteral("page")].toString();
        state.at = QDateTime::fromString(kept[QStringLiteral("at")].toString(), Qt::ISODate);
        const QJsonObject pages = kept[QStringLiteral("pages")].toObject();
        for (auto it = pages.begin(); it != pages.end(); ++it)
            state.pages.insert(it.key(), it->toObject().toVariantMap());
        found.append({file.fileName(), state});
    }
    return found;
}

} // namespace

SessionKeeper::SessionKeeper(std::function<WindowState()> look, QObject *parent)
    : QObject(parent)
    , m_look(std::move(look))
    , m_timer(new QTimer(this))
{
    m_timer->setInterval(keepEveryMs);
    connect(m_timer, &QTimer::timeout, this, &SessionKeeper::keep);
}

SessionKeeper::~SessionKeeper() = default;

QString SessionKeeper::folder()
{
    return QDir(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation))
        .filePath(QStringLiteral("mien/sessions"));
}

std::optional<WindowState> SessionKeeper::leftOver(const QString &project)
{
    const QList<Found> found = orphans(project);
    return found.isEmpty() ? std::nullopt : std::optional(found.first().state);
}

void SessionKeeper::forget(const QString &project)
{
    for (const Found &found : orphans(project))
        QFile::remove(found.file);
}

void SessionKeeper::begin(const QString &project)
{
    if (remembersNothing())
        return;
    QDir().mkpath(folder());
    for (const QFileInfo &old : QDir(folder()).entryInfoList({QStringLiteral("*.json")}, QDir::Files)) {
        if (old.lastModified().daysTo(QDateTime::currentDateTime()) > daysOfOrphans)
            QFile::remove(old.filePath()); // As what is in a project's bin.
    }
    m_file = QDir(folder()).filePath(QStringLiteral("%1-%2.json").arg(keyOf(project)).arg(::getpid()));
    m_written.clear();
    m_timer->start();
}

void SessionKeeper::end()
{
    m_timer->stop();
    if (!m_file.isEmpty())
        QFile::remove(m_file);
    m_file.clear();
}

void SessionKeeper::keep()
{
    if (m_file.isEmpty())
        return;
    const WindowState state = m_look();
    QJsonObject pages;
    for (auto it = state.pages.begin(); it != state.pages.end(); ++it)
        pages.insert(it.key(), QJsonObject::fromVariantMap(*it));
    const QJsonObject kept{{QStringLiteral("pid"), qint64(::getpid())},
                           {QStringLiteral("start_time"), ProcessName::startTimeOf(::getpid())},
                           {QStringLiteral("project"), state.project},
                           {QStringLiteral("page"), state.page},
                           {QStringLiteral("pages"), pages}};
    const QByteArray text = QJsonDocument(kept).toJson(QJsonDocument::Compact);
    if (text == m_written)
        return;
    QJsonObject dated = kept;
    dated[QStringLiteral("at")] = QDateTime::currentDateTime().toString(Qt::ISODate);
    // A data folder that takes no file costs the comfort after a crash, nothing of the project: it is tried again.
    QSaveFile file(m_file);
    if (file.open(QIODevice::WriteOnly) && file.write(QJsonDocument(dated).toJson(QJsonDocument::Compact)) >= 0 &&
        file.commit())
        m_written = text;
}

} // namespace mien
