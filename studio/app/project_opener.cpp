#include "studio/app/project_opener.h"

#include "studio/common/background.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QStandardPaths>

namespace mien {

ProjectOpener::ProjectOpener(Studio &studio, QObject *parent)
    : QObject(parent)
    , m_studio(studio)
    , m_background(new Background(this))
{
}

void ProjectOpener::open(const QString &folder)
{
    const QString path = QDir(folder).absolutePath();
    if (const ProjectSession *session = m_studio.session(); session && session->folder() == path)
        return;
    m_opening = path;
    m_studio.announce(tr("Opening %1…").arg(QDir(path).dirName()));
    m_background->start([path](const Job &) { return ProjectSession::open(path.toStdString()); },
                        [this, path](const Result<std::shared_ptr<ProjectSession::Opened>> &answer) {
                            m_opening.clear();
                            if (answer) {
                                Q_EMIT opened(*answer, path);
                                return;
                            }
                            m_sources.clear();
                            m_isNew = false;
                            Q_EMIT failed(answer.error(), path);
                        });
}

void ProjectOpener::make(const QString &folder, const QStringList &sources)
{
    m_background->start(
        [folder](const Job &) -> Result<std::string> {
            const auto made = Project::create(folder.toStdString(), QFileInfo(folder).completeBaseName().toStdString());
            if (!made)
                return fail(made.error());
            return folder.toStdString();
        },
        [this, sources](const Result<std::string> &made) {
            if (!made) {
                m_studio.showError(QString::fromStdString(made.error().message));
                return;
            }
            m_sources = sources;
            m_isNew = sources.isEmpty();
            open(QString::fromStdString(*made));
        });
}

void ProjectOpener::openPaths(const QStringList &paths)
{
    QStringList sources;
    for (const QString &named : paths) {
        const QFileInfo file(named);
        const bool isDatabase = file.fileName() == QStringLiteral("project.db");
        const QString path = isDatabase ? file.path() : named; // The database stands for its project.
        if (QFileInfo::exists(QDir(path).filePath(QStringLiteral("project.db"))))
            open(path);
        else if (QFileInfo::exists(path))
            sources << path;
        else if (path.contains(QChar::ReplacementCharacter)) // What a name that is no UTF-8 becomes in a QString.
            m_studio.showError(tr("%1 cannot be opened here: this window opens only what has a name in UTF-8. Nothing "
                                  "is wrong with the project; rename its folder, or work on it with the command mien.")
                                   .arg(path));
        else
            m_studio.showError(tr("%1 does not exist.").arg(path));
    }
    if (sources.isEmpty())
        return;
    if (isBusy())
        m_sources = sources;
    else if (m_studio.session())
        m_studio.importPaths(sources);
    else
        askForNewProject(QFileInfo(sources.first()).completeBaseName(), sources);
}

void ProjectOpener::askForProject()
{
    auto *dialog = new QFileDialog(m_studio.window(), tr("Open a project"));
    dialog->setObjectName(QStringLiteral("openDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setLabelText(QFileDialog::Accept, tr("Open project"));
    connect(dialog, &QFileDialog::fileSelected, this, &ProjectOpener::open);
    dialog->open();
}

void ProjectOpener::askForNewProject(const QString &name, const QStringList &sources)
{
    const QDir documents(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation));
    auto *dialog =
        new QFileDialog(m_studio.window(), sources.isEmpty() ? tr("New project") : tr("New project for %1").arg(name),
                        documents.filePath(name + QStringLiteral(".mien")));
    dialog->setObjectName(QStringLiteral("newDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setLabelText(QFileDialog::Accept, tr("Make project"));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, sources](const QString &folder) { make(folder, sources); });
    dialog->open();
}

} // namespace mien
