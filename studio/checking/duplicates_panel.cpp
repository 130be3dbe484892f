#include "studio/checking/duplicates_panel.h"

#include "pipeline/store/near_duplicates.h"
#include "studio/checking/duplicate_faces.h"
#include "studio/checking/duplicate_list.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/face_images.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/project_session.h"
#include "studio/common/studio.h"
#include "studio/common/theme.h"

#include <QAction>
#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace mien {

namespace {

using Filter = DuplicateListModel::Filter;

constexpr int kUsualDistance = 7;        // as `mien dedup` takes it
constexpr std::size_t kFacesShown = 120; // more cannot be compared, and would be read at once
constexpr std::size_t kMostReviewed = 2000;

struct Found
{
    std::vector<DuplicateGroup> groups;
    std::optional<NearDuplicateSearch> search;
};

bool isSearch(const JobInfo &job)
{
    return job.arguments.value(0) == QLatin1String("dedup");
}

QPushButton *button(const char *name)
{
    auto *made = new QPushButton;
    made->setObjectName(QLatin1String(name));
    return made;
}

} // namespace

DuplicatesPanel::DuplicatesPanel(Studio &studio, QWidget *parent)
    : QWidget(parent)
    , m_studio(studio)
    , m_groups(new Background(this))
    , m_members(new Background(this))
    , m_model(new DuplicateListModel(this))
    , m_stack(new QStackedWidget)
{
    setObjectName(QStringLiteral("duplicates"));
    m_job = new JobStrip(QStringLiteral("dedup"), tr("Cancel the search"));
    m_empty = new EmptyState(QStringLiteral("picture-faces"), {}, tr("Search for near-duplicates"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::space(8), 0, 0);
    column->setSpacing(Theme::space(8));
    column->addWidget(makeSearchRow());
    column->addWidget(m_job);
    m_stack->addWidget(makeGroups());
    m_stack->addWidget(m_empty);
    column->addWidget(m_stack, 1);

    connect(m_job, &JobStrip::changed, this, [this] {
        showSearch();
        showGroups();
    });
    connect(m_empty, &EmptyState::clicked, this, [this] {
        if (m_model->groups().empty())
            search();
        else
            m_filter->setCurrentIndex(0);
    });
    connect(m_filter, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_model->setFilter(static_cast<Filter>(index));
        m_row = 0;
        showGroups();
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &DuplicatesPanel::showCurrent);
    connect(m_list, &DuplicateList::faceStepped, m_faces, &DuplicateFaces::step);
    connect(m_list, &QListView::activated, this, [this] { m_faces->setFocus(Qt::OtherFocusReason); });
    connect(m_faces, &DuplicateFaces::groupStepped, this, [this](int step) {
        const int row = m_list->currentRow() + step;
        if (row >= 0 && row < m_model->rowCount())
            m_list->setCurrentRow(row);
    });
    connect(m_faces, &DuplicateFaces::opened, &studio, &Studio::openSample);
    connect(m_faces, &DuplicateFaces::currentFaceChanged, this, [this] {
        if (isVisible() && m_faces->current())
            m_studio.setCurrentSample(m_faces->current());
        refreshVerbs();
    });
}

DuplicatesPanel::~DuplicatesPanel() = default;

QWidget *DuplicatesPanel::makeSearchRow()
{
    m_filter = new QComboBox;
    m_filter->setObjectName(QStringLiteral("duplicateFilter"));
    m_filter->setAccessibleName(tr("Which groups"));
    for (int i = 0; i < 5; ++i)
        m_filter->addItem(QString());
    m_progress = new QLabel;
    m_progress->setObjectName(QStringLiteral("duplicateProgress"));
    m_searched = Theme::words({}, Theme::Type::Secondary);
    m_searched->setObjectName(QStringLiteral("duplicateSearched"));
    m_searched->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_distance = new QSpinBox;
    m_distance->setObjectName(QStringLiteral("duplicateDistance"));
    m_distance->setAccessibleName(tr("Distance of near-duplicates"));
    m_distance->setToolTip(
        tr("Bits of the perceptual hash that may differ, of 64. More finds stronger changes and takes"
           " longer; 0: identical pixels only."));
    m_distance->setPrefix(tr("distance "));
    m_distance->setRange(0, 16);
    m_distance->setValue(kUsualDistance);
    m_searchAgain = button("duplicateSearch");
    connect(m_searchAgain, &QPushButton::clicked, this, &DuplicatesPanel::search);
    auto *row = new QWidget;
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::space(8));
    line->addWidget(m_filter);
    line->addWidget(m_progress);
    line->addWidget(m_searched, 1);
    line->addWidget(m_distance);
    line->addWidget(m_searchAgain);
    return row;
}

QWidget *DuplicatesPanel::makeGroups()
{
    m_list = new DuplicateList(*m_model);
    m_faces = new DuplicateFaces;
    m_more = Theme::words({}, Theme::Type::Secondary);
    m_more->setObjectName(QStringLiteral("duplicateMore"));
    m_keepOne = button("duplicateKeepOne");
    m_keepOne->setProperty("primary", true);
    m_keepAll = button("duplicateKeepAll");
    m_conflict = button("duplicateConflict");
    m_review = button("duplicateReview");
    connect(m_keepOne, &QPushButton::clicked, this, [this] { decide(Verb::KeepOne); });
    connect(m_keepAll, &QPushButton::clicked, this, [this] { decide(Verb::KeepAll); });
    connect(m_conflict, &QPushButton::clicked, this, [this] { decide(Verb::MarkConflict); });
    connect(m_review, &QPushButton::clicked, this, &DuplicatesPanel::reviewConflicts);
    m_keepOne->setToolTip(tr("Excludes the others from training and export. The face with the frame stays; to begin"
                             " with it is the largest, then the sharpest."));
    m_keepAll->setToolTip(tr("Notes that somebody looked and all are meant to stay."));
    m_conflict->setToolTip(tr("Tags them duplicate_conflict: they wait for Review marked conflicts."));

    auto *right = new QWidget;
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(Theme::space(12), 0, 0, 0);
    column->setSpacing(Theme::space(8));
    column->addWidget(m_faces, 1);
    column->addWidget(m_more);
    auto *verbs = new QHBoxLayout;
    verbs->setSpacing(Theme::space(8));
    verbs->addWidget(m_review);
    verbs->addStretch();
    verbs->addWidget(m_conflict);
    verbs->addWidget(m_keepAll);
    verbs->addWidget(m_keepOne);
    column->addLayout(verbs);
    auto *split = new QSplitter;
    split->setObjectName(QStringLiteral("duplicateSplit"));
    split->setHandleWidth(1);
    split->setChildrenCollapsible(false);
    split->addWidget(m_list);
    split->addWidget(right);
    split->setStretchFactor(0, 0);
    split->setStretchFactor(1, 1);
    split->setSizes({Theme::space(24) * 11, Theme::space(24) * 30});
    return split;
}

void DuplicatesPanel::setSession(ProjectSession *session)
{
    m_groups->stop();
    m_members->stop();
    m_session = session;
    m_decided.clear();
    m_shown = m_wanted = {};
    m_loaded = false;
    m_images.reset();
    m_list->thumbnails().setImages({});
    m_faces->thumbnails().setImages({});
    m_faces->setSession(session);
    m_model->setGroups({});
    m_job->setQueue(session ? &session->jobs() : nullptr);
    if (!session)
        return;
    m_images = std::make_shared<FaceImages>(session->folder().toStdString());
    m_list->thumbnails().setImages(m_images);
    // The whole crop where there is one: small pictures are for overviews.
    m_faces->thumbnails().setSource([images = m_images](const SampleRow &sample, int sidePx) {
        const QImage crop = sample.crop ? images->crop(*sample.crop) : QImage();
        return crop.isNull() ? images->thumbnail(sample, sidePx) : crop;
    });
    connect(session, &ProjectSession::dataChanged, this, [this] {
        if (isVisible())
            reload();
    });
    connect(session, &ProjectSession::picturesMade, this, [this] {
        m_images->reload();
        m_list->thumbnails().forgetMissing();
        m_faces->thumbnails().forgetMissing();
    });
    connect(session, &ProjectSession::edited, this, [this](const Edit &edit) {
        if (const auto group = m_decided.constFind(edit.id.value); group != m_decided.constEnd())
            m_wanted = *group;
    });
    connect(&session->jobs(), &JobQueue::added, this, [this](const QString &id) {
        if (const JobInfo *job = m_session->jobs().job(id); job && isSearch(*job))
            m_job->follow(id);
    });
    for (const JobInfo &job : session->jobs().jobs())
        if (isSearch(job) && !job.isOver())
            m_job->follow(job.id);
    showSearch();
}

void DuplicatesPanel::entered()
{
    reload();
}

void DuplicatesPanel::takeFocus()
{
    if (m_stack->currentWidget() != m_empty)
        m_list->setFocus(Qt::OtherFocusReason);
}

bool DuplicatesPanel::isSettled() const
{
    return m_loaded && !m_groups->isBusy() && !m_members->isBusy() && m_faces->isSettled() &&
           !m_list->thumbnails().isBusy();
}

QVariantMap DuplicatesPanel::state() const
{
    return {{QStringLiteral("filter"), m_filter->currentIndex()}, {QStringLiteral("group"), qlonglong(m_shown.value)}};
}

void DuplicatesPanel::restore(const QVariantMap &state)
{
    m_filter->setCurrentIndex(std::clamp(state.value(QStringLiteral("filter")).toInt(), 0, m_filter->count() - 1));
    m_wanted = {state.value(QStringLiteral("group")).toLongLong()};
}

void DuplicatesPanel::reload()
{
    if (!m_session)
        return;
    m_groups->start(
        [readers = m_session->readers()](const Job &job) {
            return readers->with([&](const Project &project) -> Result<Found> {
                auto groups = duplicateGroups(project, job);
                if (!groups)
                    return fail(groups.error());
                return Found{std::move(*groups), lastNearDuplicateSearch(project)};
            });
        },
        [this](const Result<Found> &found) {
            if (!found) {
                if (found.error().code != ErrorCode::Cancelled)
                    m_studio.showError(QString::fromStdString(found.error().message));
                return;
            }
            m_search.reset();
            if (const auto &search = found->search)
                m_search = Search{search->distance, search->atMs, search->samplesSince};
            m_loaded = true;
            const QSignalBlocker quiet(m_list->selectionModel()); // the old row may be another group now
            m_model->setGroups(found->groups);
            showGroups();
        });
}

void DuplicatesPanel::showGroups()
{
    const std::pair<Filter, QString> filters[] = {{Filter::All, tr("All groups")},
                                                  {Filter::LabelsDiffer, tr("Labels differ")},
                                                  {Filter::AcrossSplits, tr("Across splits")},
                                                  {Filter::NearOnly, tr("Nearly the same only")},
                                                  {Filter::Undecided, tr("Not decided yet")}};
    const QLocale locale;
    for (const auto &[filter, text] : filters)
        m_filter->setItemText(int(filter),
                              QStringLiteral("%1 (%2)").arg(text, locale.toString(m_model->countOf(filter))));
    const int all = m_model->countOf(Filter::All);
    m_progress->setText(
        tr("%1/%2 groups done").arg(locale.toString(all - m_model->countOf(Filter::Undecided)), locale.toString(all)));
    m_progress->setVisible(all > 0);
    m_filter->setVisible(all > 0);

    const int rows = m_model->rowCount();
    m_stack->setCurrentIndex(rows > 0 || !m_loaded ? 0 : 1);
    const bool canSearch = m_session && m_session->isWritable() && !m_job->isBusy();
    if (all > 0) {
        m_empty->setPicture(QStringLiteral("picture-nothing"));
        m_empty->setSentence(tr("No group of duplicates is of this kind."));
        m_empty->setButton(tr("Show all %Ln group(s)", nullptr, all));
    } else if (m_job->isBusy()) {
        m_empty->setPicture(QStringLiteral("picture-faces"));
        m_empty->setSentence(tr("Looking for near-duplicates. The groups appear here."));
        m_empty->setButton({});
    } else if (!m_search) {
        m_empty->setPicture(QStringLiteral("picture-faces"));
        m_empty->setSentence(tr("No two pictures are identical. Nobody looked for near-duplicates yet."));
        m_empty->setButton(canSearch ? tr("Search for near-duplicates") : QString());
    } else {
        m_empty->setPicture(QStringLiteral("picture-done"));
        m_empty->setSentence(tr("No duplicates: no two pictures are the same or nearly so."));
        m_empty->setButton({});
    }
    m_searchAgain->setVisible(!(m_stack->currentIndex() == 1 && all == 0 && !m_search));
    showSearch();

    int row = m_wanted ? m_model->rowOf(m_wanted) : -1;
    if (row < 0)
        row = m_shown ? m_model->rowOf(m_shown) : -1;
    if (row < 0)
        row = std::clamp(m_row, 0, std::max(0, rows - 1));
    m_wanted = {};
    m_list->setCurrentRow(row);
    showCurrent();
}

void DuplicatesPanel::showSearch()
{
    const bool busy = m_job->isBusy();
    m_job->setVisible(m_job->job() && (busy || m_job->job()->state == JobState::Failed));
    QString text;
    if (busy || !m_loaded)
        text.clear();
    else if (!m_search)
        text = m_model->groups().empty() ? QString() : tr("Identical pictures only: nobody looked for near ones yet.");
    else {
        text =
            tr("Searched with distance %1 on %2")
                .arg(m_search->distance)
                .arg(QLocale().toString(QDateTime::fromMSecsSinceEpoch(m_search->atMs).date(), QLocale::ShortFormat));
        if (m_search->samplesSince > 0)
            text += tr("; %Ln face(s) are newer", nullptr, int(m_search->samplesSince));
    }
    m_searched->setText(text);
    m_searchAgain->setText(m_search ? tr("Search again") : tr("Search for near ones"));
    m_searchAgain->setAccessibleName(tr("Search for near-duplicates"));
    const QString reason = !m_session || m_session->isWritable() ? QString() : m_session->readOnlyReason();
    m_searchAgain->setEnabled(!busy && reason.isEmpty());
    m_searchAgain->setToolTip(reason.isEmpty() ? tr("Replaces the groups of near-duplicates; decisions stay.")
                                               : reason);
    m_distance->setEnabled(m_searchAgain->isEnabled());
    refreshVerbs();
}

void DuplicatesPanel::showCurrent()
{
    const int row = m_list->currentRow();
    if (!m_session || row < 0 || row >= m_model->rowCount()) {
        m_members->stop();
        m_shown = {};
        m_faces->setMembers({});
        m_more->hide();
        return;
    }
    m_row = row;
    const DuplicateGroup &group = m_model->at(row);
    m_shown = group.samples.front();
    std::vector<SampleId> shown = group.samples;
    if (shown.size() > kFacesShown)
        shown.resize(kFacesShown);
    m_more->setText(tr("%Ln more face(s) of this group are not shown; a decision is about them, too.", nullptr,
                       int(group.samples.size() - shown.size())));
    m_more->setVisible(group.samples.size() > shown.size());
    m_members->start(
        [readers = m_session->readers(), shown = std::move(shown)](const Job &) {
            return readers->with([&](const Project &project) { return duplicateMembers(project, shown); });
        },
        [this](const Result<std::vector<DuplicateMember>> &members) {
            if (members)
                m_faces->setMembers(*members);
            else
                m_studio.showError(QString::fromStdString(members.error().message));
        });
    refreshVerbs();
}

QString DuplicatesPanel::reasonAgainst() const
{
    if (m_session && !m_session->isWritable())
        return m_session->readOnlyReason();
    return m_faces->members().empty() ? tr("Choose a group of duplicates first.") : QString();
}

void DuplicatesPanel::refreshVerbs()
{
    const QString reason = reasonAgainst();
    const auto words = [&](QPushButton *button, const QString &text, const char *action) {
        const QAction *verb = m_studio.actions().action(QLatin1String(action));
        const QString key = verb ? verb->shortcut().toString(QKeySequence::NativeText) : QString();
        button->setText(key.isEmpty() ? text : tr("%1  (%2)").arg(text, key));
        button->setAccessibleName(text);
        button->setEnabled(reason.isEmpty());
    };
    const bool isBest = m_faces->current() == m_faces->best();
    words(m_keepOne, isBest ? tr("Keep best") : tr("Keep this one"), "check.keepOne");
    words(m_keepAll, tr("Keep all"), "check.keepAll");
    words(m_conflict, tr("Mark conflict"), "check.conflict");
    const int open = int(std::count_if(m_model->groups().begin(), m_model->groups().end(), [](const auto &group) {
        return group.decision == DuplicateDecision::Conflict && group.isInConflict;
    }));
    m_review->setText(tr("Review %Ln marked conflict(s)", nullptr, open));
    m_review->setAccessibleName(m_review->text());
    m_review->setVisible(open > 0);
    Q_EMIT changed();
}

void DuplicatesPanel::decide(Verb verb)
{
    const int row = m_list->currentRow();
    if (!m_session || !reasonAgainst().isEmpty() || row < 0 || m_members->isBusy())
        return;
    const DuplicateGroup group = m_model->at(row);
    const SampleId kept = m_faces->current();
    const int next = m_model->nextUndecided(row);
    const SampleId then = next < 0 ? SampleId{} : m_model->at(next).samples.front();
    m_session->withAnnotator(this, [this, verb, group, kept, then](const std::string &by) {
        m_session->edit(
            [verb, samples = group.samples, kept, by](Project &project) {
                return verb == Verb::KeepOne   ? keepOneDuplicate(project, samples, kept, by)
                       : verb == Verb::KeepAll ? keepAllDuplicates(project, samples, by)
                                               : markDuplicateConflict(project, samples, by);
            },
            [self = QPointer(this), name = group.samples.front(), then](const Result<EditId> &edit) {
                if (!self)
                    return;
                if (edit) {
                    self->m_decided.insert(edit->value, name);
                    self->m_wanted = then;
                    self->reload();
                    if (!then)
                        self->m_studio.announce(tr("Every group of duplicates is decided."));
                } else if (self->m_session && self->m_session->savedState() != ProjectSession::SavedState::NotSaved) {
                    self->m_studio.showError(
                        tr("The decision could not be stored: %1").arg(QString::fromStdString(edit.error().message)));
                }
            });
    });
}

void DuplicatesPanel::search()
{
    if (!m_session || !m_session->isWritable() || m_job->isBusy())
        return;
    Q_EMIT buttonLeaves();
    m_job->follow(m_session->jobs().start(
        tr("Search for near-duplicates"),
        {QStringLiteral("dedup"), QStringLiteral("--distance"), QString::number(m_distance->value())}));
    showGroups();
}

std::vector<SampleId> DuplicatesPanel::conflictsToReview() const
{
    std::vector<SampleId> samples;
    for (const DuplicateGroup &group : m_model->groups()) {
        if (group.decision != DuplicateDecision::Conflict || !group.isInConflict)
            continue;
        if (!samples.empty() && samples.size() + group.samples.size() > kMostReviewed)
            break; // a group is not cut in two
        samples.insert(samples.end(), group.samples.begin(), group.samples.end());
    }
    return samples;
}

void DuplicatesPanel::reviewConflicts()
{
    std::vector<SampleId> samples = conflictsToReview();
    if (!samples.empty())
        m_studio.openQueue({tr("Duplicates in conflict"), std::move(samples), {}});
}

} // namespace mien
