#include "studio/gallery/selection_edits.h"

#include "studio/common/sample_list_model.h"
#include "studio/common/studio.h"
#include "studio/gallery/gallery_view.h"
#include "studio/gallery/relabel_dialog.h"

#include <QInputDialog>
#include <QPointer>

namespace mien {

SelectionEdits::SelectionEdits(Studio &studio, GalleryView &view, QWidget *window)
    : QObject(window)
    , m_studio(studio)
    , m_view(view)
    , m_window(window)
{
}

void SelectionEdits::giveClass(int number)
{
    if (!m_session || number > int(m_session->classes().size()))
        return;
    const ExpressionClass &expression = m_session->classes()[std::size_t(number - 1)];
    Verdict verdict;
    verdict.label = expression.id;
    giveLabel(verdict, QString::fromStdString(expression.display));
}

void SelectionEdits::giveLabel(const Verdict &verdict, const QString &text)
{
    const std::vector<SampleId> ids = m_view.selectedIds();
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

void SelectionEdits::change(const QString &failure, Edit run)
{
    const std::vector<SampleId> ids = m_view.selectedIds();
    if (!m_session || ids.empty())
        return;
    m_session->withAnnotator(m_window, [this, failure, ids, run = std::move(run)](const std::string &by) {
        m_session->edit([ids, by, run](Project &project) { return run(project, ids, by); },
                        [edits = QPointer(this), failure](const Result<EditId> &edit) {
                            if (!edit && edits)
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

void SelectionEdits::askTag(TagVerb verb)
{
    const bool adds = verb == TagVerb::Add;
    const int count = int(m_view.selection().count());
    auto *dialog = new QInputDialog(m_window);
    dialog->setObjectName(QStringLiteral("tagDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(adds ? tr("Tag") : tr("Remove tag"));
    dialog->setLabelText(adds ? tr("Tag for %Ln face(s); find them again with tag:NAME", nullptr, count)
                              : tr("Tag to take from %Ln face(s)", nullptr, count));
    dialog->setOkButtonText(adds ? tr("Add tag") : tr("Remove tag"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, adds](const QString &text) {
        const std::string tag = text.trimmed().toStdString();
        if (tag.empty())
            return;
        change(adds ? tr("The tag could not be added") : tr("The tag could not be removed"),
               [tag, adds](Project &project, const auto &ids, const std::string &by) {
                   return adds ? addTag(project, ids, tag, by) : removeTag(project, ids, tag, by);
               });
    });
    dialog->open();
}

} // namespace mien
