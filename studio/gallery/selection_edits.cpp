#include "studio/gallery/selection_edits.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/studio.h"
#include "studio/gallery/relabel_dialog.h"

#include <QInputDialog>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace mien {

namespace {

constexpr const char *ownSpace = "user";

std::set<std::string> spacesAmong(const std::vector<ExpressionClass> &classes)
{
    std::set<std::string> spaces;
    for (const ExpressionClass &one : classes)
        if (one.space != ownSpace)
            spaces.insert(one.space);
    return spaces;
}

} // namespace

SelectionEdits::SelectionEdits(Studio &studio, std::function<std::vector<SampleId>()> selected, QWidget *window)
    : QObject(window)
    , m_studio(studio)
    , m_selected(std::move(selected))
    , m_window(window)
    , m_reader(new Background(this))
{
}

void SelectionEdits::setSession(ProjectSession *session)
{
    m_reader->stop();
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    if (session)
        connect(session, &ProjectSession::dataChanged, this, &SelectionEdits::refreshOffered);
    refreshOffered();
}

void SelectionEdits::refreshOffered()
{
    m_waitingClass = 0;
    m_reader->stop();
    std::vector<SampleId> ids = m_selected();
    if (!m_session || ids.empty() || spacesAmong(m_session->classes()).size() < 2) {
        offer({});
        return;
    }
    m_reader->start(
        [readers = m_session->readers(), ids = std::move(ids)](const Job &job) {
            return readers->with([&](const Project &project) { return spacesOf(project, ids, job.stop); });
        },
        [this](const Result<std::vector<std::string>> &spaces) {
            if (spaces)
                offer(*spaces);
            if (const int number = std::exchange(m_waitingClass, 0); number > 0)
                giveClass(number);
        });
}

void SelectionEdits::offer(const std::vector<std::string> &spaces)
{
    QStringList mixed;
    if (spaces.size() > 1)
        for (const std::string &space : spaces)
            mixed << QString::fromStdString(space.substr(0, space.find('/')));
    std::vector<ExpressionClass> offered;
    if (m_session)
        std::copy_if(m_session->classes().begin(), m_session->classes().end(), std::back_inserter(offered),
                     [&](const ExpressionClass &one) {
                         return spaces.size() != 1 || one.space == spaces.front() || one.space == ownSpace;
                     });
    const auto sameClass = [](const ExpressionClass &a, const ExpressionClass &b) { return a.id == b.id; };
    if (mixed == m_mixed && std::equal(offered.begin(), offered.end(), m_offered.begin(), m_offered.end(), sameClass))
        return;
    m_mixed = std::move(mixed);
    m_offered = std::move(offered);
    Q_EMIT offeredChanged();
}

QString SelectionEdits::reasonAgainst() const
{
    return m_mixed.isEmpty()
               ? QString()
               : tr("Select faces of one label space: these are of %1.").arg(m_mixed.join(QStringLiteral(", ")));
}

bool SelectionEdits::isSettled() const
{
    return !m_reader->isBusy();
}

void SelectionEdits::giveClass(int number)
{
    if (m_reader->isBusy()) {
        m_waitingClass = number;
        return;
    }
    if (const QString reason = reasonAgainst(); !reason.isEmpty()) {
        m_studio.announce(reason);
        return;
    }
    if (!m_session || number > int(m_offered.size()))
        return;
    const ExpressionClass &expression = m_offered[std::size_t(number - 1)];
    Verdict verdict;
    verdict.label = expression.id;
    giveLabel(verdict, QString::fromStdString(expression.display));
}

void SelectionEdits::giveLabel(const Verdict &verdict, const QString &text)
{
    const std::vector<SampleId> ids = m_selected();
    if (!m_session || ids.empty())
        return;
    const auto apply = [this, verdict, ids] {
        m_session->withAnnotator(m_window, [this, verdict, ids](const std::string &by) {
            m_session->edit(
                [verdict, ids, by](Project &project) {
                    return ids.size() == 1 ? annotate(project, ids.front(), verdict, by)
                                           : annotateAll(project, ids, verdict, by);
                },
                [edits = QPointer(this)](const Result<EditId> &edit) {
                    if (!edit && edits)
                        edits->tell(QString::fromStdString(edit.error().message));
                });
        });
    };
    if (ids.size() == 1) {
        apply();
        return;
    }
    auto *dialog = new RelabelDialog(*m_session, ids, verdict.label, text, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, apply);
    dialog->open();
}

void SelectionEdits::change(const QString &failure, Edit run, std::function<void()> then)
{
    const std::vector<SampleId> ids = m_selected();
    if (!m_session || ids.empty())
        return;
    m_session->withAnnotator(m_window,
                             [this, failure, ids, run = std::move(run), then = std::move(then)](const std::string &by) {
                                 m_session->edit([ids, by, run](Project &project) { return run(project, ids, by); },
                                                 [edits = QPointer(this), failure, then](const Result<EditId> &edit) {
                                                     if (edit && edits && then)
                                                         then();
                                                     else if (!edit && edits)
                                                         edits->tell(failure + QStringLiteral(": ") +
                                                                     QString::fromStdString(edit.error().message));
                                                 });
                             });
}

void SelectionEdits::tell(const QString &failure)
{
    // What the disk refused is kept, and the window says so, with what to do.
    if (m_session && m_session->savedState() != ProjectSession::SavedState::NotSaved)
        m_studio.showError(failure);
}

void SelectionEdits::askTag(TagVerb verb, std::function<void(const QString &tag)> then)
{
    const bool adds = verb == TagVerb::Add;
    const int count = int(m_selected().size());
    auto *dialog = new QInputDialog(m_window);
    dialog->setObjectName(QStringLiteral("tagDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(adds ? tr("Tag") : tr("Remove tag"));
    dialog->setLabelText(adds ? tr("Tag for %Ln face(s); find them again with tag:NAME", nullptr, count)
                              : tr("Tag to take from %Ln face(s)", nullptr, count));
    dialog->setOkButtonText(adds ? tr("Add tag") : tr("Remove tag"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, adds, then = std::move(then)](const QString &text) {
        const std::string tag = text.trimmed().toStdString();
        if (tag.empty())
            return;
        change(
            adds ? tr("The tag could not be added") : tr("The tag could not be removed"),
            [tag, adds](Project &project, const auto &ids, const std::string &by) {
                return adds ? addTag(project, ids, tag, by) : removeTag(project, ids, tag, by);
            },
            then ? [then, tag] { then(QString::fromStdString(tag)); } : std::function<void()>());
    });
    dialog->open();
}

} // namespace mien
