#include "studio/app/imports_and_runs_dialog.h"

#include "pipeline/store/bin.h"
#include "studio/common/background.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace mien {

namespace {

enum Column { What, Faces, When, State, Columns };
enum Role { ImportRole = Qt::UserRole, RunRole };

QString dateOf(std::int64_t ms)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms).date(), QLocale::ShortFormat);
}

QString timeOf(std::int64_t ms)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms), QLocale::ShortFormat);
}

QString keptUntil(std::int64_t removedAtMs)
{
    return ImportsAndRunsDialog::tr("in the bin until %1").arg(dateOf(deletedFromMs(removedAtMs)));
}

QString nameOf(const ImportRow &row)
{
    return ImportsAndRunsDialog::tr("Import %1: %2")
        .arg(row.id.value)
        .arg(QString::fromStdString(row.root.filename().string()));
}

QString nameOf(const RunRow &row)
{
    return ImportsAndRunsDialog::tr("Run %1: %2")
        .arg(QString::fromStdString(row.id), QString::fromStdString(row.network));
}

} // namespace

ImportsAndRunsDialog::ImportsAndRunsDialog(ProjectSession &session, QWidget *parent)
    : QDialog(parent)
    , m_session(&session)
    , m_reader(new Background(this))
    , m_list(new QTreeWidget)
    , m_problem(new QLabel)
{
    setObjectName(QStringLiteral("importsAndRuns"));
    setWindowTitle(tr("Imports and runs"));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(12));
    auto *words =
        new QLabel(tr("What is removed leaves every list, training and export at once. It stays in the bin for %1 "
                      "days, with everything that was said about its faces.")
                       .arg(binDays));
    words->setWordWrap(true);
    Theme::setType(words, Theme::Type::Secondary);
    layout->addWidget(words);
    m_list->setObjectName(QStringLiteral("importsAndRunsList"));
    m_list->setAccessibleName(tr("Imports and runs"));
    m_list->setHeaderLabels({tr("What"), tr("Faces"), tr("When"), tr("State")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->header()->setStretchLastSection(true);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &ImportsAndRunsDialog::refreshButton);
    layout->addWidget(m_list, 1);
    m_problem->setObjectName(QStringLiteral("importsAndRunsProblem"));
    m_problem->setProperty("danger", true);
    m_problem->setWordWrap(true);
    m_problem->hide();
    layout->addWidget(m_problem);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->button(QDialogButtonBox::Close)->setObjectName(QStringLiteral("importsAndRunsClose"));
    m_act = buttons->addButton(tr("Remove…"), QDialogButtonBox::ActionRole);
    m_act->setObjectName(QStringLiteral("importsAndRunsAct"));
    m_act->setAutoDefault(false);
    connect(m_act, &QPushButton::clicked, this, &ImportsAndRunsDialog::act);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 95, fontMetrics().height() * 22);
    connect(&session, &ProjectSession::dataChanged, this, &ImportsAndRunsDialog::reload);
    connect(&session, &QObject::destroyed, this, &QDialog::reject);
    refreshButton();
    reload();
}

bool ImportsAndRunsDialog::isSettled() const
{
    return !m_reader->isBusy();
}

void ImportsAndRunsDialog::reload()
{
    if (!m_session)
        return;
    m_reader->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &project) -> Result<Contents> {
                Contents found{imports(project), runs(project)};
                for (ImportRow &row : removedImports(project))
                    found.imports.push_back(std::move(row));
                for (RunRow &row : removedRuns(project))
                    found.runs.push_back(std::move(row));
                return found;
            });
        },
        [this](const Result<Contents> &found) {
            if (!found)
                return; // told by the window
            m_contents = *found;
            fill();
        });
}

void ImportsAndRunsDialog::fill()
{
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    m_list->clear();
    const QLocale locale;
    const auto add = [&](const QString &what, std::int64_t faces, std::int64_t startedAtMs, const QString &state) {
        auto *item = new QTreeWidgetItem(m_list, {what, locale.toString(qlonglong(faces)), timeOf(startedAtMs), state});
        item->setTextAlignment(Faces, Qt::AlignRight | Qt::AlignVCenter);
        return item;
    };
    for (std::size_t i = 0; i < m_contents.imports.size(); ++i) {
        const ImportRow &import = m_contents.imports[i];
        QTreeWidgetItem *item = add(nameOf(import), import.samples, import.startedAtMs,
                                    import.removedAtMs    ? keptUntil(*import.removedAtMs)
                                    : import.finishedAtMs ? tr("in the project")
                                                          : tr("unfinished"));
        item->setToolTip(What, QString::fromStdString(import.root.string()));
        item->setData(What, ImportRole, int(i));
    }
    for (std::size_t i = 0; i < m_contents.runs.size(); ++i) {
        const RunRow &run = m_contents.runs[i];
        add(nameOf(run), run.samples, run.startedAtMs,
            run.removedAtMs ? keptUntil(*run.removedAtMs) : tr("in the project"))
            ->setData(What, RunRole, int(i));
    }
    if (m_list->topLevelItemCount() > 0)
        m_list->setCurrentItem(m_list->topLevelItem(std::clamp(row, 0, m_list->topLevelItemCount() - 1)));
    refreshButton();
}

const ImportRow *ImportsAndRunsDialog::chosenImport() const
{
    const QVariant at = m_list->currentItem() ? m_list->currentItem()->data(What, ImportRole) : QVariant();
    return at.isValid() ? &m_contents.imports[std::size_t(at.toInt())] : nullptr;
}

const RunRow *ImportsAndRunsDialog::chosenRun() const
{
    const QVariant at = m_list->currentItem() ? m_list->currentItem()->data(What, RunRole) : QVariant();
    return at.isValid() ? &m_contents.runs[std::size_t(at.toInt())] : nullptr;
}

void ImportsAndRunsDialog::refreshButton()
{
    const ImportRow *import = chosenImport();
    const RunRow *run = chosenRun();
    const bool isRemoved = (import && import->removedAtMs) || (run && run->removedAtMs);
    m_act->setText(isRemoved ? tr("Bring back") : tr("Remove…"));
    m_act->setAccessibleName(m_act->text());
    const QString reason = m_session && !m_session->isWritable() ? m_session->readOnlyReason()
                           : !import && !run                     ? tr("There is nothing to remove.")
                           : import && import->samples == 0 && !isRemoved
                               ? tr("It holds no faces: a later import of the same source has them.")
                               : QString();
    m_act->setEnabled(reason.isEmpty());
    m_act->setToolTip(reason);
}

void ImportsAndRunsDialog::act()
{
    if (const ImportRow *import = chosenImport()) {
        const ImportId id = import->id;
        if (import->removedAtMs) {
            change([id](Project &project) -> Result<> {
                const auto done = restoreImport(project, id);
                return done ? Result<>() : fail(done.error());
            });
        } else {
            ask(nameOf(*import), tr("Remove %Ln face(s)", nullptr, int(import->samples)),
                [id](Project &project) -> Result<> {
                    const auto done = removeImport(project, id);
                    return done ? Result<>() : fail(done.error());
                });
        }
    } else if (const RunRow *run = chosenRun()) {
        if (run->removedAtMs)
            change([id = run->id](Project &project) { return restoreRun(project, id); });
        else
            ask(nameOf(*run), tr("Remove %1").arg(QString::fromStdString(run->id)),
                [id = run->id](Project &project) { return removeRun(project, id); });
    }
}

void ImportsAndRunsDialog::ask(const QString &text, const QString &verb, std::function<Result<>(Project &)> remove)
{
    auto *box = new QMessageBox(this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setObjectName(QStringLiteral("removeBox"));
    box->setWindowTitle(tr("Remove"));
    box->setText(text);
    box->setInformativeText(
        tr("It can be brought back until %1.").arg(dateOf(deletedFromMs(QDateTime::currentMSecsSinceEpoch()))));
    QPushButton *go = box->addButton(verb, QMessageBox::DestructiveRole);
    go->setObjectName(QStringLiteral("removeGo"));
    QPushButton *keep = box->addButton(tr("Keep it"), QMessageBox::RejectRole);
    keep->setObjectName(QStringLiteral("removeKeep"));
    box->setDefaultButton(keep);
    box->setEscapeButton(keep);
    connect(go, &QPushButton::clicked, this, [this, remove = std::move(remove)] { change(remove); });
    box->open();
}

void ImportsAndRunsDialog::change(std::function<Result<>(Project &)> work)
{
    if (!m_session)
        return;
    m_act->setEnabled(false);
    m_problem->hide();
    m_session->change(std::move(work), [self = QPointer(this)](const Result<> &done) {
        if (!self)
            return;
        if (!done) {
            self->m_problem->setText(QString::fromStdString(done.error().message));
            self->m_problem->show();
        }
        self->reload();
    });
}

} // namespace mien
