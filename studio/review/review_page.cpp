#include "studio/review/review_page.h"

#include "pipeline/store/ontology.h"
#include "pipeline/store/samples.h"
#include "studio/attention/attention_panel.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/face_source.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_verbs.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/source_panel.h"
#include "studio/common/strip_panel.h"
#include "studio/common/theme.h"
#include "studio/review/answer_learning.h"
#include "studio/review/class_bar.h"
#include "studio/review/class_guide.h"
#include "studio/review/evidence_panel.h"
#include "studio/review/face_explanations.h"
#include "studio/review/face_view.h"
#include "studio/review/neighbours_panel.h"
#include "studio/review/outlook_dialog.h"
#include "studio/review/queue_prospect.h"
#include "studio/review/queue_strip.h"
#include "studio/review/review_actions.h"
#include "studio/review/review_desk.h"
#include "studio/review/review_header.h"

#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace mien {

namespace {
constexpr int kHintMs = 6000;
constexpr int kAwayMs = 60000; // Longer in another program: not at work here.
constexpr QLatin1String kTrainPage("train");
constexpr QLatin1String kImportPage("import");
} // namespace

ReviewPage::ReviewPage(Studio &studio)
    : Page(studio, QStringLiteral("review"))
    , m_hintTimer(new QTimer(this))
    , m_counting(new Background(this))
    , m_lookingOut(new Background(this))
    , m_learning(new AnswerLearning(this))
    , m_away(new QTimer(this))
    , m_header(new ReviewHeader)
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState(QStringLiteral("picture-nothing"), QString(), QString()))
    , m_face(new FaceView)
    , m_evidence(new EvidencePanel)
    , m_neighbours(new NeighboursPanel)
    , m_explanations(new FaceExplanations(m_evidence->attention(), *m_neighbours, this))
    , m_sourcePanel(new SourcePanel)
    , m_source(new FaceSource(*m_sourcePanel, this))
    , m_classBar(new ClassBar)
    , m_strip(new QueueStrip)
    , m_hint(new QLabel)
    , m_attentionShown(settings().value(QStringLiteral("review/attention"), true).toBool())
    , m_neighboursShown(settings().value(QStringLiteral("review/neighbours"), false).toBool())
    , m_sourceShown(settings().value(QStringLiteral("review/source"), false).toBool())
{
    m_empty->setObjectName(QStringLiteral("reviewEmpty"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeWork());
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(12), Theme::space(16), Theme::space(8));
    layout->setSpacing(Theme::space(8));
    layout->addWidget(m_header);
    layout->addWidget(m_stack, 1);

    connect(m_classBar, &ClassBar::chosen, this, [this](int index, bool second) {
        if (m_desk)
            second ? m_desk->toggleSecond(index) : m_desk->label(index);
    });
    connect(m_strip, &QueueStrip::chosen, this, [this](int position) {
        if (m_desk)
            m_desk->goTo(position);
    });
    connect(m_strip, &QueueStrip::resized, this, &ReviewPage::refreshStrip);
    connect(&m_evidence->note(), &QLineEdit::returnPressed, this, [this] { m_face->setFocus(); });
    connect(&m_evidence->note(), &QLineEdit::editingFinished, this, [this] {
        if (m_desk)
            m_desk->setNote(m_evidence->note().text());
    });
    connect(m_empty, &EmptyState::clicked, this, [this] {
        if (const auto run = m_nextStep) // a copy: what it does may offer another step
            run();
    });
    connect(m_neighbours, &NeighboursPanel::chosen, this, &ReviewPage::inspect);
    connect(m_neighbours, &NeighboursPanel::opened, &studio, &Studio::openSample);
    connect(m_neighbours, &NeighboursPanel::left, this, [this] { m_face->setFocus(); });
    connect(&m_sourcePanel->strip(), &StripPanel::left, this, [this] { m_face->setFocus(); });
    connect(m_source, &FaceSource::hint, this, &ReviewPage::say);
    connect(m_header, &ReviewHeader::hint, this, &ReviewPage::say);
    connect(m_header, &ReviewHeader::outlookWanted, this, &ReviewPage::showOutlook);
    connect(m_learning, &AnswerLearning::learning, this, [this](int answers) {
        say(tr("The open faces are ranked anew by your %Ln answer(s); what you have seen stays.", nullptr, answers));
    });
    connect(&studio, &Studio::queueRequested, this, &ReviewPage::openRequest);
    m_hintTimer->setSingleShot(true);
    m_hintTimer->setInterval(kHintMs);
    connect(m_hintTimer, &QTimer::timeout, this, &ReviewPage::clearHint);
    m_away->setSingleShot(true);
    m_away->setInterval(kAwayMs);
    connect(m_away, &QTimer::timeout, this, [this] {
        if (m_desk)
            m_desk->setWatched(false);
    });
    connect(qApp, &QGuiApplication::applicationStateChanged, this, &ReviewPage::watch);
    connect(&studio, &Studio::currentSampleChanged, this, [this](SampleId sample) {
        if (m_desk)
            m_desk->seenElsewhere(sample);
    });
    m_face->setFocusPolicy(Qt::ClickFocus);
    m_actions = new ReviewActions(*this);
    m_actions->dressButtons();
    refreshQueue();
}

ReviewPage::~ReviewPage()
{
    delete m_desk;
}

QWidget *ReviewPage::makeWork()
{
    m_evidence->setFixedWidth(Theme::space(300));
    m_hint->setObjectName(QStringLiteral("reviewHint"));
    m_hint->setAccessibleName(tr("Hint"));
    Theme::setType(m_hint, Theme::Type::Secondary);
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setMinimumHeight(m_hint->fontMetrics().height() + Theme::space(4));

    auto *work = new QWidget;
    auto *body = new QHBoxLayout;
    body->setSpacing(Theme::space(16));
    auto *faces = new QVBoxLayout;
    faces->setSpacing(Theme::space(8));
    auto *pictures = new QHBoxLayout;
    pictures->setSpacing(Theme::space(16));
    pictures->addWidget(m_face, 1);
    pictures->addWidget(m_sourcePanel, 1);
    faces->addLayout(pictures, 1);
    faces->addWidget(m_neighbours);
    body->addLayout(faces, 1);
    body->addWidget(m_evidence);
    auto *column = new QVBoxLayout(work);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(8));
    column->addLayout(body, 1);
    column->addWidget(m_hint);
    column->addWidget(m_classBar);
    column->addWidget(makeKeyRow());
    column->addWidget(m_strip);
    return work;
}

QWidget *ReviewPage::makeKeyRow()
{
    auto *keys = new QWidget;
    keys->setObjectName(QStringLiteral("reviewKeys"));
    auto *row = new QHBoxLayout(keys);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(4));
    row->addStretch();
    for (const QString &verb : ReviewActions::keyRow()) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("button.") + verb);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setFont(Theme::instance().font(Theme::Type::Secondary));
        row->addWidget(button);
        if (ReviewActions::needsReveal(verb))
            m_openKeys << button;
    }
    row->addStretch();
    keys->setMinimumWidth(Theme::space(420)); // the keys work whether or not all of their signs fit
    return keys;
}

// --------------------------------------------------------------------------------------------- the project

void ReviewPage::setSession(ProjectSession *session)
{
    m_header->setDesk(nullptr);
    m_explanations->setSession(session);
    m_source->setSession(session);
    m_counting->stop();
    m_lookingOut->stop();
    m_learning->setSession(session);
    delete std::exchange(m_desk, nullptr);
    delete std::exchange(m_guide, nullptr);
    m_face->setMessage({});
    if (!session) {
        refreshQueue();
        return;
    }
    m_desk = new ReviewDesk(*session, this, this);
    connect(m_desk, &ReviewDesk::queueChanged, this, &ReviewPage::refreshQueue);
    connect(m_desk, &ReviewDesk::faceChanged, this, &ReviewPage::refreshFace);
    connect(m_desk, &ReviewDesk::progressChanged, this, &ReviewPage::refreshStrip);
    connect(m_desk, &ReviewDesk::progressChanged, m_learning, &AnswerLearning::answered);
    connect(m_desk, &ReviewDesk::hint, this, &ReviewPage::say);
    connect(m_desk, &ReviewDesk::problem, this, [this](const QString &text) { this->studio().showError(text); });
    connect(m_desk, &ReviewDesk::saveFailed, this, &ReviewPage::showSaveFailure);
    connect(m_desk, &ReviewDesk::saveRecovered, this, [this] { say(tr("Saved.")); });
    m_classBar->setClasses(session->classes());
    m_header->setDesk(m_desk);
    watch();
    m_desk->resume(); // a queue asked for by another page follows and replaces it
}

void ReviewPage::entered()
{
    m_face->setFocus();
    if (m_desk && m_desk->queue().isEmpty())
        showEmpty();
    refreshFace();
}

void ReviewPage::resizeEvent(QResizeEvent *event)
{
    Page::resizeEvent(event);
    m_evidence->setFixedWidth(std::clamp(width() * 26 / 100, Theme::space(300), Theme::space(440)));
}

void ReviewPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    watch();
}

void ReviewPage::hideEvent(QHideEvent *event)
{
    Page::hideEvent(event);
    watch();
}

void ReviewPage::watch()
{
    const bool elsewhere = QGuiApplication::applicationState() != Qt::ApplicationActive;
    elsewhere &&isVisible() ? m_away -> start() : m_away->stop();
    if (m_desk)
        m_desk->setWatched(isVisible());
}

bool ReviewPage::isSettled() const
{
    if (!m_desk || m_desk->isLoading() || m_counting->isBusy())
        return !m_desk;
    return m_desk->queue().atEnd() || (m_desk->face() && !m_explanations->isBusy() && !m_source->isBusy());
}

QVariantMap ReviewPage::state() const
{
    return {{QStringLiteral("flip"), m_evidence->attention().isPair()},
            {QStringLiteral("zoom"), m_face->zoom()},
            {QStringLiteral("contrast"), m_face->contrast()}};
}

void ReviewPage::restore(const QVariantMap &state)
{
    const bool pair = state.value(QStringLiteral("flip")).toBool();
    studio().actions().action(QStringLiteral("review.flip"))->setChecked(pair);
    m_evidence->attention().setPair(pair);
    m_face->setView(state.value(QStringLiteral("zoom"), 1.0).toDouble(),
                    state.value(QStringLiteral("contrast"), 0).toInt());
}

void ReviewPage::openRequest(const QueueRequest &request)
{
    if (!m_desk)
        return;
    QueuePlan plan;
    plan.title = request.title;
    plan.kind = request.samples.empty() ? QueuePlan::Kind::Filter : QueuePlan::Kind::Samples;
    plan.samples = request.samples;
    plan.filter = request.filter;
    plan.comparedRuns = request.comparedRuns;
    m_desk->open(plan);
}

// ------------------------------------------------------------------------------------------ what is shown

void ReviewPage::showOutlook()
{
    ProjectSession *session = studio().session();
    if (!session || !m_desk)
        return;
    m_lookingOut->start(
        [readers = session->readers()](const Job &) {
            return readers->with([](const Project &project) { return reviewOutlook(project); });
        },
        [this](const Result<ReviewOutlook> &outlook) {
            if (!outlook) {
                outlook.error().code == ErrorCode::NotFound
                    ? say(tr("Nothing is flagged yet: a network has to judge the labels first."))
                    : studio().showError(QString::fromStdString(outlook.error().message));
                return;
            }
            auto *dialog = new OutlookDialog(*outlook, m_desk->offeredClasses(), this);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            connect(dialog, &OutlookDialog::chosen, this, [this](int faces) {
                QueuePlan plan;
                plan.kind = QueuePlan::Kind::Filter;
                plan.filter = QStringLiteral("scored:yes reviewed:no");
                plan.title = tr("The %Ln most doubtful face(s)", nullptr, faces);
                plan.most = faces;
                m_desk->open(plan);
            });
            dialog->open();
        });
}

void ReviewPage::refreshQueue()
{
    if (!m_desk || m_desk->queue().isEmpty())
        showEmpty();
    refreshFace();
    refreshStrip();
}

void ReviewPage::showEmpty()
{
    const bool custom = m_desk && m_desk->plan().kind != QueuePlan::Kind::Flagged;
    m_stack->setCurrentIndex(0);
    if (m_desk && m_desk->isLoading()) {
        m_empty->setSentence(tr("Making the queue …"));
        offer({}, {});
        return;
    }
    m_empty->setPicture(QStringLiteral("picture-nothing"));
    if (custom) {
        m_empty->setSentence(tr("No face belongs to this queue. Choose another one above."));
        offer(tr("Review what is flagged"), [this] { m_desk->open({}); });
        return;
    }
    m_empty->setSentence(tr("Nothing is flagged yet. Train a network and let it flag: the most doubtful labels come "
                            "here first."));
    offerTraining();
    offerNextStep();
}

void ReviewPage::offerNextStep()
{
    ProjectSession *session = studio().session();
    if (!session)
        return;
    m_counting->start(
        [readers = session->readers()](const Job &) {
            return readers->with([](const Project &project) { return queueProspect(project); });
        },
        [this](const Result<QueueProspect> &prospect) {
            if (prospect && m_desk && m_desk->queue().isEmpty())
                offerNextStep(*prospect);
        });
}

void ReviewPage::offerNextStep(const QueueProspect &prospect)
{
    if (prospect.faces == 0) {
        m_empty->setPicture(QStringLiteral("picture-faces"));
        m_empty->setSentence(tr("There is nothing in this project yet."));
        if (studio().hasPage(kImportPage))
            offer(tr("Import a data set"), [this] { studio().showPage(kImportPage); });
        return;
    }
    const QList<JobInfo> jobs = studio().jobs().jobs();
    const auto flagging =
        std::find_if(jobs.begin(), jobs.end(), [](const JobInfo &job) { return isFlagging(job) && job.isActive(); });
    if (flagging != jobs.end()) {
        m_empty->setSentence(
            tr("%1 is running: the most doubtful labels come here as soon as it is done.").arg(flagging->title));
        offer(tr("Show jobs"), [this] {
            if (QAction *jobs = studio().actions().action(QStringLiteral("view.jobs")); !jobs->isChecked())
                jobs->trigger();
        });
    } else if (!prospect.runToFlag.isEmpty()) {
        const QString run = prospect.runToFlag;
        m_empty->setSentence(prospect.isFlagged
                                 ? tr("Nothing that was flagged is open. Run %1 is newer: let it flag.").arg(run)
                                 : tr("Nothing is flagged yet. Run %1 is trained: let it flag, and the most doubtful "
                                      "labels come here first.")
                                       .arg(run));
        offer(tr("Flag with %1").arg(run), [this, run] {
            studio().jobs().start(tr("Flag with %1").arg(run), {QStringLiteral("flag"), QStringLiteral("--run"), run});
            offerNextStep();
        });
    } else if (prospect.isFlagged) {
        m_empty->setPicture(QStringLiteral("picture-done"));
        m_empty->setSentence(tr("Nothing that was flagged is open. Retrain to see what got better."));
    }
}

void ReviewPage::showEnd()
{
    const ReviewQueue &queue = m_desk->queue();
    int open = 0, firstOpen = -1; // skipped ones count: nobody said anything about them
    for (int position = 0; position < queue.size(); ++position) {
        const auto outcome = queue.at(position).outcome;
        if (outcome != ReviewQueue::Outcome::None && outcome != ReviewQueue::Outcome::Skipped)
            continue;
        firstOpen = open++ == 0 ? position : firstOpen;
    }
    m_stack->setCurrentIndex(0);
    m_empty->setPicture(open > 0 ? QStringLiteral("picture-faces") : QStringLiteral("picture-done"));
    if (open > 0) {
        m_empty->setSentence(tr("The end of the queue; %n face(s) are without an answer.", nullptr, open));
        offer(tr("Go to what is left"), [this, firstOpen] { m_desk->goTo(firstOpen); });
    } else {
        m_empty->setSentence(
            tr("All %n face(s) of this queue are answered. Retrain to see what got better.", nullptr, queue.size()));
        offerTraining();
    }
    m_explanations->setFace(nullptr, {});
    m_source->setFace({}, true);
}

void ReviewPage::offer(const QString &text, std::function<void()> run)
{
    m_empty->setButton(text);
    m_nextStep = std::move(run);
}

void ReviewPage::offerTraining()
{
    if (studio().hasPage(kTrainPage))
        offer(tr("Go to Train"), [this] { studio().showPage(kTrainPage); });
    else
        offer({}, {});
}

void ReviewPage::refreshFace()
{
    if (!m_desk || m_desk->queue().isEmpty())
        return;
    if (m_desk->queue().position() != m_hintPosition)
        clearHint();
    if (m_desk->queue().atEnd()) {
        showEnd();
        return;
    }
    m_stack->setCurrentIndex(1);
    const auto face = m_desk->face();
    if (!face)
        return; // the former face stays until the next one is there: nothing flickers
    if (face->pixels.isNull()) {
        m_face->setMessage(face->problem);
        m_evidence->attention().setFace({});
    } else if (m_face->face().cacheKey() != face->pixels.cacheKey()) {
        m_face->setFace(face->pixels);
        m_face->setHidden(false);
        m_evidence->attention().setFace(face->pixels);
        m_explanations->setFace(nullptr, {});
    }
    showEvidence(*face);
    speak(*face);
    refreshExplanations();
}

void ReviewPage::showEvidence(const ReviewFace &face)
{
    const bool revealed = m_desk->isRevealed();
    for (QToolButton *button : std::as_const(m_openKeys))
        button->setVisible(revealed);
    m_evidence->showFace(*m_desk, *studio().session());
    const std::vector<ExpressionClass> classes = m_desk->classes();
    m_classBar->setClasses(classes);
    if (m_guide)
        m_guide->setClasses(classes);
    std::vector<float> probabilities;
    if (revealed && !face.probabilities.empty()) {
        for (const ExpressionClass &expression : classes) {
            const auto found = std::find_if(face.probabilities.begin(), face.probabilities.end(),
                                            [&](const auto &entry) { return entry.first == expression.id; });
            probabilities.push_back(found == face.probabilities.end() ? 0.f : found->second);
        }
    }
    m_classBar->setProbabilities(probabilities);
    m_classBar->setMarks(revealed ? face.row.label : std::nullopt, revealed ? face.row.suggested : std::nullopt,
                         m_desk->secondChoice());
    // The inspector must not tell what blind review hides, nor show a face that a person does not want to see.
    studio().setCurrentSample(revealed && !m_face->isHiddenFace() ? face.row.id : SampleId{});
}

void ReviewPage::speak(const ReviewFace &face)
{
    const ReviewQueue &queue = m_desk->queue();
    const SampleRow &row = face.row;
    QString spoken = tr("face %1 of %2").arg(queue.position() + 1).arg(queue.size());
    if (m_desk->isRevealed()) {
        const ProjectSession &session = *studio().session();
        spoken += tr(", given %1").arg(row.given ? session.displayName(*row.given) : tr("no label"));
        if (row.suggested && *row.suggested)
            spoken += tr(", suggested %1").arg(session.displayName(*row.suggested));
        if (row.scored)
            spoken += tr(", suspicion %1").arg(QLocale().toString(row.suspicion, 'f', 2));
        if (row.flag == FlagState::Open)
            spoken += tr(", flagged");
    }
    m_face->setAccessibleDescription(spoken);
    QAccessibleEvent event(m_face, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

void ReviewPage::refreshStrip()
{
    if (!m_desk)
        return;
    const ReviewQueue &queue = m_desk->queue();
    const int half = m_strip->cellsVisible() / 2;
    std::vector<QueueStrip::Cell> cells;
    const int first = std::max(0, queue.position() - half), last = std::min(queue.size() - 1, queue.position() + half);
    for (int position = first; position <= last; ++position) {
        QueueStrip::Cell cell;
        cell.position = position;
        cell.outcome = queue.at(position).outcome;
        cell.current = position == queue.position();
        if (const auto face = m_desk->faces().face(queue.at(position).sample)) {
            cell.thumbnail = cell.current && m_face->isHiddenFace() ? QImage() : face->pixels;
            if (cell.outcome == ReviewQueue::Outcome::Changed || cell.outcome == ReviewQueue::Outcome::Kept)
                cell.answer = face->row.label;
        }
        cells.push_back(std::move(cell));
    }
    m_strip->setCells(std::move(cells));
}

void ReviewPage::say(const QString &hint)
{
    m_hintPosition = m_desk ? m_desk->queue().position() : -1;
    m_hint->setText(hint);
    m_hint->setAccessibleName(hint);
    m_hintTimer->start();
    QAccessibleEvent event(m_hint, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&event);
}

void ReviewPage::clearHint()
{
    m_hintTimer->stop();
    m_hint->clear();
}

void ReviewPage::showSaveFailure(const QString &message)
{
    if (m_desk->unsaved() == 0)
        studio().showError(tr("This answer was not saved: %1").arg(message));
    else // the window says why, and what can be done
        say(tr("Not saved: this face comes back until its answer is stored."));
}

// ------------------------------------------------------------------------------------------- what verbs ask

void ReviewPage::setAttentionShown(bool shown)
{
    m_attentionShown = shown;
    settings().setValue(QStringLiteral("review/attention"), shown);
    studio().actions().action(QStringLiteral("review.attention"))->setChecked(shown);
    refreshExplanations();
}

void ReviewPage::refreshExplanations()
{
    if (!m_desk)
        return;
    const bool visible = !m_face->isHiddenFace(); // nobody wants to see ten more of a distressing kind
    m_evidence->setAttentionShown(m_attentionShown && visible);
    m_neighbours->setVisible(m_neighboursShown);
    const bool revealed = m_desk->isRevealed();
    if (!revealed)
        m_neighbours->setMessage(tr("Blind: the neighbours stay hidden until you answer."));
    else if (!visible)
        m_neighbours->setMessage(tr("Hidden with the face."));
    const bool wanted = revealed && visible && isVisible();
    m_explanations->setFace(m_desk->face(), {wanted && m_attentionShown, wanted && m_neighboursShown});
    m_sourcePanel->setVisible(m_sourceShown);
    if (!visible)
        m_sourcePanel->setMessage(tr("Hidden with the face."));
    const auto face = visible && m_sourceShown && isVisible() ? m_desk->face() : nullptr;
    m_source->setFace(face ? face->row.id : SampleId{}, revealed);
}

void ReviewPage::setNeighboursShown(bool shown)
{
    m_neighboursShown = shown;
    settings().setValue(QStringLiteral("review/neighbours"), shown);
    studio().actions().action(QStringLiteral("review.neighbours"))->setChecked(shown);
    if (!shown)
        m_face->setFocus();
    refreshExplanations();
}

void ReviewPage::setSourceShown(bool shown)
{
    m_sourceShown = shown;
    settings().setValue(QStringLiteral("review/source"), shown);
    refreshExplanations();
    if (shown)
        m_source->playOnceShown();
}

void ReviewPage::enterNeighbours()
{
    if (!m_neighboursShown)
        setNeighboursShown(true);
    if (m_neighbours->count() > 0)
        m_neighbours->focusFirst();
    else
        say(tr("There are no neighbours to go to yet."));
}

void ReviewPage::openAttention()
{
    const ReviewQueue &queue = m_desk->queue();
    if (!m_desk->isRevealed()) {
        say(tr("Blind: the attention stays hidden until you answer."));
        return;
    }
    std::vector<SampleId> samples;
    for (int position = 0; position < queue.size(); ++position)
        samples.push_back(queue.at(position).sample);
    if (!samples.empty())
        studio().openAttention({tr("From the review queue"), samples, {}});
}

void ReviewPage::inspect(SampleId sample)
{
    studio().showInspector();
    studio().setCurrentSample(sample);
}

void ReviewPage::setFlipPair(bool pair)
{
    m_evidence->attention().setPair(pair);
    if (pair && !m_attentionShown)
        setAttentionShown(true);
}

void ReviewPage::setFaceHidden(bool hidden)
{
    m_face->setHidden(hidden);
    refreshFace();
    refreshStrip();
}

void ReviewPage::editNote()
{
    m_evidence->note().setFocus(Qt::ShortcutFocusReason);
}

void ReviewPage::showGuide()
{
    if (m_guide && m_guide->isVisible()) {
        m_guide->hide();
        return;
    }
    if (!m_guide)
        m_guide = new ClassGuide(*studio().session(), this);
    m_guide->setClasses(m_desk->classes());
    m_guide->show();
    m_guide->raise();
}

} // namespace mien
