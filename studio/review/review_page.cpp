#include "studio/review/review_page.h"

#include "pipeline/store/ontology.h"
#include "studio/attention/attention_client.h"
#include "studio/attention/attention_panel.h"
#include "studio/common/action_registry.h"
#include "studio/common/empty_state.h"
#include "studio/common/icons.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/review/class_bar.h"
#include "studio/review/class_guide.h"
#include "studio/review/evidence_panel.h"
#include "studio/review/face_view.h"
#include "studio/review/queue_strip.h"
#include "studio/review/review_desk.h"

#include <QAccessible>
#include <QAction>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace mien {

namespace {

QLabel *secondaryLabel(const char *name, const QString &accessible)
{
    auto *label = new QLabel;
    label->setObjectName(QLatin1String(name));
    label->setAccessibleName(accessible);
    Theme::setType(label, Theme::Type::Secondary);
    return label;
}

QString titleOf(const QueuePlan &plan)
{
    if (!plan.title.isEmpty())
        return plan.title;
    switch (plan.kind) {
    case QueuePlan::Kind::Flagged: return ReviewPage::tr("Flagged, worst first");
    case QueuePlan::Kind::Filter: return plan.filter.isEmpty() ? ReviewPage::tr("All faces, worst first") : plan.filter;
    case QueuePlan::Kind::Samples: return ReviewPage::tr("Selected faces");
    }
    return {};
}

} // namespace

ReviewPage::ReviewPage(Studio &studio)
    : Page(studio, QStringLiteral("review"))
    , m_attentionTimer(new QTimer(this))
    , m_clock(new QTimer(this))
    , m_hintTimer(new QTimer(this))
    , m_stack(new QStackedWidget)
    , m_attentionShown(settings().value(QStringLiteral("review/attention"), true).toBool())
{
    m_empty = new EmptyState(QStringLiteral("picture-nothing"), QString(), QString());
    m_empty->setObjectName(QStringLiteral("reviewEmpty"));
    m_face = new FaceView;
    m_evidence = new EvidencePanel;
    m_evidence->setFixedWidth(Theme::space(300));
    m_classBar = new ClassBar;
    m_strip = new QueueStrip;
    m_hint = secondaryLabel("reviewHint", tr("Hint"));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setMinimumHeight(m_hint->fontMetrics().height() + Theme::space(4));

    auto *work = new QWidget;
    auto *body = new QHBoxLayout;
    body->setSpacing(Theme::space(16));
    body->addWidget(m_face, 1);
    body->addWidget(m_evidence);
    auto *column = new QVBoxLayout(work);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(8));
    column->addLayout(body, 1);
    column->addWidget(m_hint);
    column->addWidget(m_classBar);
    column->addWidget(makeKeyRow());
    column->addWidget(m_strip);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(work);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(12), Theme::space(16), Theme::space(8));
    layout->setSpacing(Theme::space(8));
    layout->addWidget(makeHeader());
    layout->addWidget(m_stack, 1);

    connect(m_classBar, &ClassBar::chosen, this, [this](int index, bool second) {
        if (!m_desk)
            return;
        if (second)
            m_desk->toggleSecond(index);
        else
            m_desk->label(index);
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
        if (this->studio().hasPage(QStringLiteral("train")))
            this->studio().showPage(QStringLiteral("train"));
    });
    connect(&studio, &Studio::queueRequested, this, &ReviewPage::openRequest);
    m_attentionTimer->setSingleShot(true);
    m_attentionTimer->setInterval(60); // a person who labels on is not waiting for a map
    connect(m_attentionTimer, &QTimer::timeout, this, &ReviewPage::askAttention);
    m_clock->setInterval(1000);
    connect(m_clock, &QTimer::timeout, this, &ReviewPage::refreshProgress);
    m_hintTimer->setSingleShot(true);
    m_hintTimer->setInterval(6000);
    connect(m_hintTimer, &QTimer::timeout, m_hint, &QLabel::clear);
    m_face->setFocusPolicy(Qt::ClickFocus);
    makeActions();
    refreshQueue();
}

ReviewPage::~ReviewPage()
{
    delete m_desk;
}

QWidget *ReviewPage::makeHeader()
{
    auto *header = new QWidget;
    auto *row = new QHBoxLayout(header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(16));
    m_queueButton = new QToolButton;
    m_queueButton->setObjectName(QStringLiteral("reviewQueueButton"));
    m_queueButton->setAccessibleName(tr("Queue"));
    m_queueButton->setToolTip(tr("What is reviewed: choose another queue."));
    m_queueButton->setPopupMode(QToolButton::InstantPopup);
    m_queueButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_queueButton->setIcon(icon(QStringLiteral("queue")));
    m_queueButton->setAutoRaise(true);
    m_queueButton->setFont(Theme::instance().font(Theme::Type::Title));
    m_queueMenu = new QMenu(this);
    m_queueMenu->setObjectName(QStringLiteral("reviewQueueMenu"));
    connect(m_queueMenu, &QMenu::aboutToShow, this, &ReviewPage::fillQueueMenu);
    m_queueButton->setMenu(m_queueMenu);
    m_progress = new QProgressBar;
    m_progress->setObjectName(QStringLiteral("reviewProgress"));
    m_progress->setAccessibleName(tr("Progress of the queue"));
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(Theme::space(160));
    m_count = secondaryLabel("reviewCount", tr("Position in the queue"));
    m_rate = secondaryLabel("reviewRate", tr("Rate and session clock"));
    m_agreement = secondaryLabel("reviewAgreement", tr("Agreement with the given labels"));
    m_break = new QPushButton(tr("Time for a pause"));
    m_break->setObjectName(QStringLiteral("reviewBreak"));
    m_break->setAccessibleName(tr("Break reminder: puts the next one off"));
    m_break->setToolTip(tr("Eyes tire before one notices. Click to be reminded again later."));
    m_break->setProperty("link", true);
    m_break->hide();
    connect(m_break, &QPushButton::clicked, this, [this] {
        if (m_desk)
            m_desk->sitting().breakTaken(ReviewSession::Clock::now());
        m_break->hide();
    });
    row->addWidget(m_queueButton);
    row->addWidget(m_progress);
    row->addWidget(m_count);
    row->addWidget(m_rate);
    row->addWidget(m_agreement);
    row->addStretch();
    row->addWidget(m_break);
    for (const char *id : {"review.attention", "review.guide", "review.blind"}) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("button.") + QLatin1String(id));
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        row->addWidget(button);
    }
    return header;
}

QWidget *ReviewPage::makeKeyRow()
{
    auto *keys = new QWidget;
    keys->setObjectName(QStringLiteral("reviewKeys"));
    auto *row = new QHBoxLayout(keys);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(4));
    row->addStretch();
    for (const char *id : {"review.keep", "review.take", "review.unsure", "review.notface", "review.skip", "review.previous",
                           "review.undo", "review.note", "review.hide"}) {
        auto *button = new QToolButton;
        button->setObjectName(QStringLiteral("button.") + QLatin1String(id));
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setFont(Theme::instance().font(Theme::Type::Secondary));
        row->addWidget(button);
    }
    row->addStretch();
    return keys;
}

void ReviewPage::makeActions()
{
    ActionRegistry &registry = studio().actions();
    const auto add = [&](const char *id, const QString &text, const char *picture, QList<QKeySequence> keys,
                         const char *menu, const QString &help, std::function<void(bool)> run, bool checkable = false) {
        ActionSpec spec;
        spec.id = QLatin1String(id);
        spec.text = text;
        spec.icon = QLatin1String(picture);
        spec.keys = std::move(keys);
        spec.menu = QLatin1String(menu);
        spec.scope = this->id();
        spec.help = help;
        spec.checkable = checkable;
        return registry.add(spec, this, [this, run = std::move(run)](bool checked) {
            if (m_desk)
                run(checked);
        });
    };
    for (int i = 0; i < 9; ++i) {
        const auto digit = Qt::Key(Qt::Key_1 + i);
        const QByteArray number = QByteArray::number(i + 1);
        add(("review.label" + number).constData(), tr("Label as class %1").arg(i + 1), "label", {QKeySequence(digit)},
            "", tr("The classes and their digits stand below the face."), [this, i](bool) { m_desk->label(i); });
        add(("review.second" + number).constData(), tr("Class %1 as second choice").arg(i + 1), "",
            {QKeySequence(Qt::SHIFT | digit)}, "", tr("Goes with the next answer as the softer second choice."),
            [this, i](bool) { m_desk->toggleSecond(i); });
        add(("review.revise" + number).constData(), tr("Revise the last blind answer to class %1").arg(i + 1), "",
            {QKeySequence(Qt::ALT | digit)}, "", tr("Stored beside the blind answer, as the opinion after the reveal."),
            [this, i](bool) { m_desk->reviseLast(i); });
    }
    add("review.keep", tr("Keep given label"), "check", {QKeySequence(Qt::Key_Space)}, "labels",
        tr("The given label is right."), [this](bool) { m_desk->keepGiven(); });
    add("review.take", tr("Take suggestion"), "arrow-down", {QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)},
        "labels", tr("The model's suggestion is right."), [this](bool) { m_desk->takeSuggestion(); });
    add("review.unsure", tr("Unsure"), "help", {QKeySequence(Qt::Key_U)}, "labels",
        tr("Stored as an opinion of its own; the flag stays open."), [this](bool) { m_desk->unsure(); });
    add("review.notface", tr("Not a face"), "exclude", {QKeySequence(Qt::Key_X)}, "labels",
        tr("There is no face to judge here."), [this](bool) { m_desk->notAFace(); });
    add("review.skip", tr("Skip"), "right", {QKeySequence(Qt::Key_K)}, "labels",
        tr("Goes on without an opinion; counted apart from unsure."), [this](bool) { m_desk->skip(); });
    add("review.previous", tr("Previous face"), "left", {QKeySequence(Qt::Key_Left)}, "labels",
        tr("Looks again; a digit adds a newer opinion."), [this](bool) { m_desk->previous(); });
    add("review.next", tr("Next face"), "right", {QKeySequence(Qt::Key_Right)}, "labels",
        tr("Among the faces shown already."), [this](bool) { m_desk->next(); });
    add("review.undo", tr("Undo and return"), "undo", {QKeySequence(Qt::Key_Backspace)}, "labels",
        tr("Withdraws the newest answer and shows its face."), [this](bool) { m_desk->undo(); });
    add("review.note", tr("Note"), "note", {QKeySequence(Qt::Key_N)}, "labels", tr("Writes a note that goes with the answer."),
        [this](bool) { m_evidence->note().setFocus(Qt::ShortcutFocusReason); });
    add("review.guide", tr("Class guide"), "info", {QKeySequence(Qt::Key_I)}, "labels",
        tr("What each class means, with examples from the data."), [this](bool) { showGuide(); });
    QAction *blind = add("review.blind", tr("Blind"), "eye-off", {QKeySequence(Qt::Key_B)}, "labels",
                         tr("Hides given label, suggestion and attention until you answer."),
                         [this](bool checked) { m_desk->setBlind(checked); }, true);
    blind->setChecked(settings().value(QStringLiteral("review/blind"), false).toBool());
    QAction *stay = add("review.stay", tr("Stay on the face after a blind answer"), "", {}, "labels",
                        tr("Shows what was hidden on the same face; a second key may revise it."),
                        [this](bool checked) { m_desk->setStayAfterVote(checked); }, true);
    stay->setChecked(settings().value(QStringLiteral("review/stay"), false).toBool());
    QAction *attention = add("review.attention", tr("Attention"), "attention", {QKeySequence(Qt::Key_A)}, "view",
                             tr("Shows where the network looked, beside the face."),
                             [this](bool checked) { setAttentionShown(checked); }, true);
    attention->setChecked(m_attentionShown);
    add("review.flip", tr("Flip pair"), "flip", {QKeySequence(Qt::Key_F)}, "view",
        tr("The attention of the face and of its mirror image, and their difference."), [this](bool checked) {
            m_evidence->attention().setPair(checked);
            if (checked && !m_attentionShown)
                setAttentionShown(true);
        }, true);
    QAction *pixels = add("review.pixels", tr("Show pixels"), "", {QKeySequence(Qt::Key_P)}, "view",
                          tr("Draws a small face as the pixels it is, without smoothing."), [this](bool checked) {
                              m_face->setSmooth(!checked);
                              settings().setValue(QStringLiteral("review/pixels"), checked);
                          }, true);
    pixels->setChecked(settings().value(QStringLiteral("review/pixels"), false).toBool());
    m_face->setSmooth(!pixels->isChecked());
    add("review.zoomin", tr("Enlarge face"), "zoom-in", {QKeySequence(Qt::Key_Plus), QKeySequence(Qt::Key_Equal)}, "view",
        tr("Also with the wheel; drag moves."), [this](bool) { m_face->zoomBy(1.25); });
    add("review.zoomout", tr("Reduce face"), "zoom-out", {QKeySequence(Qt::Key_Minus)}, "view", tr("Makes the face smaller."),
        [this](bool) { m_face->zoomBy(1 / 1.25); });
    add("review.zoomreset", tr("Whole face"), "", {QKeySequence(Qt::Key_0)}, "view",
        tr("Zoom and contrast as they were."), [this](bool) { m_face->resetView(); });
    add("review.contrastup", tr("More contrast"), "", {QKeySequence(Qt::Key_BracketRight)}, "view", tr("For faces in poor light."),
        [this](bool) { m_face->changeContrast(1); });
    add("review.contrastdown", tr("Less contrast"), "", {QKeySequence(Qt::Key_BracketLeft)}, "view", tr("Back towards the picture as it is."),
        [this](bool) { m_face->changeContrast(-1); });
    add("review.hide", tr("Hide face"), "eye-off", {QKeySequence(Qt::Key_H)}, "view",
        tr("For a distressing picture: it can be skipped without looking."), [this](bool) {
            m_face->setHidden(!m_face->isHiddenFace());
            m_evidence->setAttentionShown(m_attentionShown && !m_face->isHiddenFace());
        });

    for (QToolButton *button : findChildren<QToolButton *>()) {
        if (!button->objectName().startsWith(QLatin1String("button.")))
            continue;
        QAction *action = registry.action(button->objectName().mid(7));
        button->setDefaultAction(action);
        button->setAccessibleName(action->text());
        // The key stands on the button: what is read there is learnt without a manual.
        if (button->toolButtonStyle() == Qt::ToolButtonIconOnly) {
            const auto label = [button, action] {
                QString key = action->shortcut().toString(QKeySequence::NativeText);
                for (const auto &[code, sign] : {std::pair(Qt::Key_Backspace, "⌫"), {Qt::Key_Return, "⏎"}, {Qt::Key_Left, "←"}}) {
                    if (action->shortcut() == QKeySequence(code))
                        key = QString::fromUtf8(sign);
                }
                button->setText(QStringLiteral("%1  %2").arg(key, action->text()));
            };
            button->setToolButtonStyle(Qt::ToolButtonTextOnly);
            label();
            connect(action, &QAction::changed, button, label);
        }
    }
}

// --------------------------------------------------------------------------------------------- the project

void ReviewPage::setSession(ProjectSession *session)
{
    delete std::exchange(m_desk, nullptr);
    delete std::exchange(m_attention, nullptr);
    delete std::exchange(m_guide, nullptr);
    m_attentionRun.clear();
    m_attentionFor.clear();
    m_face->setMessage({});
    if (!session) {
        refreshQueue();
        return;
    }
    m_desk = new ReviewDesk(*session, this, this);
    connect(m_desk, &ReviewDesk::queueChanged, this, &ReviewPage::refreshQueue);
    connect(m_desk, &ReviewDesk::faceChanged, this, &ReviewPage::refreshFace);
    connect(m_desk, &ReviewDesk::progressChanged, this, [this] {
        refreshProgress();
        refreshStrip();
    });
    connect(m_desk, &ReviewDesk::hint, this, &ReviewPage::say);
    connect(m_desk, &ReviewDesk::problem, this, [this](const QString &text) { this->studio().showError(text); });
    connect(m_desk, &ReviewDesk::saveFailed, this, &ReviewPage::showSaveFailure);
    connect(m_desk, &ReviewDesk::saveRecovered, this, [this] { say(tr("Saved.")); });
    m_classBar->setClasses(session->classes());
    m_desk->resume(); // a queue asked for by another page follows and replaces it
}

void ReviewPage::entered()
{
    m_clock->start();
    m_face->setFocus();
    if (m_desk)
        m_classBar->setClasses(m_desk->classes());
    refreshFace();
}

void ReviewPage::resizeEvent(QResizeEvent *event)
{
    Page::resizeEvent(event);
    m_evidence->setFixedWidth(std::clamp(width() * 26 / 100, Theme::space(300), Theme::space(440)));
}

bool ReviewPage::isSettled() const
{
    if (!m_desk || m_desk->isLoading())
        return !m_desk;
    return m_desk->queue().atEnd() || (m_desk->face() && !m_attentionTimer->isActive()
                                       && !(m_attention && m_attention->isBusy()));
}

QVariantMap ReviewPage::state() const
{
    return {{QStringLiteral("flip"), studio().actions().action(QStringLiteral("review.flip"))->isChecked()}};
}

void ReviewPage::restore(const QVariantMap &state)
{
    QAction *flip = studio().actions().action(QStringLiteral("review.flip"));
    flip->setChecked(state.value(QStringLiteral("flip")).toBool());
    m_evidence->attention().setPair(flip->isChecked());
}

void ReviewPage::openRequest(const QueueRequest &request)
{
    if (!m_desk)
        return;
    QueuePlan plan;
    plan.title = request.title;
    if (!request.samples.empty()) {
        plan.kind = QueuePlan::Kind::Samples;
        plan.samples = request.samples;
    } else {
        plan.kind = QueuePlan::Kind::Filter;
        plan.filter = request.filter;
    }
    m_desk->open(plan);
}

void ReviewPage::fillQueueMenu()
{
    m_queueMenu->clear();
    if (!m_desk)
        return;
    const auto open = [this](QueuePlan plan) { return [this, plan = std::move(plan)] { m_desk->open(plan); }; };
    QueuePlan flagged;
    m_queueMenu->addAction(tr("Flagged, worst first"), this, open(flagged));
    QMenu *classes = m_queueMenu->addMenu(tr("One class"));
    QMenu *pairs = m_queueMenu->addMenu(tr("A confusion"));
    for (const ExpressionClass &expression : m_desk->classes()) {
        const QString name = QString::fromStdString(expression.name), word = QString::fromStdString(expression.display);
        QueuePlan plan = QueuePlan::ofConfusion(name, {});
        plan.title = word;
        classes->addAction(word, this, open(plan));
        QMenu *pair = pairs->addMenu(tr("Labelled %1, predicted …").arg(word));
        for (const ExpressionClass &other : m_desk->classes()) {
            if (other.id == expression.id)
                continue;
            QueuePlan confusion = QueuePlan::ofConfusion(name, QString::fromStdString(other.name));
            confusion.title = tr("%1 predicted as %2").arg(word, QString::fromStdString(other.display));
            pair->addAction(QString::fromStdString(other.display), this, open(confusion));
        }
    }
    QAction *filter = m_queueMenu->addAction(tr("From a filter…"), this, &ReviewPage::askForFilter);
    filter->setObjectName(QStringLiteral("reviewQueueFilter"));
    m_queueMenu->addSeparator();
    QMenu *shares = m_queueMenu->addMenu(tr("Random share"));
    for (const double share : {0.1, 0.25, 0.5, 1.0}) {
        QAction *action = shares->addAction(tr("%1 %").arg(qRound(share * 100)), this, [this, share] {
            QueuePlan plan = m_desk->plan();
            plan.randomShare = share;
            if (plan.kind == QueuePlan::Kind::Samples)
                say(tr("Selected faces are shown as they are, without a random share."));
            else
                m_desk->open(plan);
        });
        action->setCheckable(true);
        action->setChecked(qFuzzyCompare(share, m_desk->plan().randomShare));
    }
}

void ReviewPage::askForFilter()
{
    auto *dialog = new QInputDialog(this);
    dialog->setObjectName(QStringLiteral("reviewFilterDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Queue from a filter"));
    dialog->setLabelText(tr("Filter, as in the gallery, e.g. label:fear suspicion>0.5"));
    dialog->setOkButtonText(tr("Open queue"));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString &filter) {
        QueuePlan plan;
        plan.kind = QueuePlan::Kind::Filter;
        plan.filter = filter.trimmed();
        if (m_desk)
            m_desk->open(plan);
    });
    dialog->open();
}

// ------------------------------------------------------------------------------------------ what is shown

void ReviewPage::refreshQueue()
{
    const bool any = m_desk && !m_desk->queue().isEmpty();
    const bool loading = m_desk && m_desk->isLoading();
    m_queueButton->setText(m_desk ? titleOf(m_desk->plan()) : tr("Review"));
    for (QWidget *part : {static_cast<QWidget *>(m_progress), static_cast<QWidget *>(m_count),
                          static_cast<QWidget *>(m_rate), static_cast<QWidget *>(m_agreement)})
        part->setVisible(any);
    if (loading && !any) {
        m_empty->setSentence(tr("Making the queue …"));
        m_empty->setButton({});
    } else if (!any) {
        const bool custom = m_desk && m_desk->plan().kind != QueuePlan::Kind::Flagged;
        m_empty->setPicture(QStringLiteral("picture-nothing"));
        m_empty->setSentence(custom ? tr("No face belongs to this queue. Choose another one above.")
                                    : tr("Nothing is flagged yet. Train a network and let it flag: the most doubtful "
                                         "labels come here first."));
        m_empty->setButton(studio().hasPage(QStringLiteral("train")) && !custom ? tr("Go to Train") : QString());
    }
    refreshFace();
    refreshProgress();
}

void ReviewPage::refreshFace()
{
    if (!m_desk || m_desk->queue().isEmpty()) {
        m_stack->setCurrentIndex(0);
        return;
    }
    const ReviewQueue &queue = m_desk->queue();
    if (queue.atEnd()) {
        const int skipped = static_cast<int>(queue.size()) - queue.answered();
        m_empty->setPicture(QStringLiteral("picture-done"));
        m_empty->setSentence(skipped > 0 ? tr("The end of the queue; %n face(s) are without an answer.", nullptr, skipped)
                                         : tr("All %n face(s) of this queue are answered. Retrain to see what got better.",
                                              nullptr, queue.size()));
        m_empty->setButton(studio().hasPage(QStringLiteral("train")) ? tr("Go to Train") : QString());
        m_stack->setCurrentIndex(0);
        return;
    }
    m_stack->setCurrentIndex(1);
    const auto face = m_desk->face();
    const bool revealed = m_desk->isRevealed();
    if (!face)
        return; // the former face stays until the next one is there: nothing flickers
    if (!face->pixels.isNull()) {
        if (m_face->face().cacheKey() != face->pixels.cacheKey()) {
            m_face->setHidden(false);
            m_face->setFace(face->pixels);
            m_evidence->attention().setFace(face->pixels);
            m_attentionFor.clear();
        }
    } else {
        m_face->setMessage(face->problem);
        m_evidence->attention().setFace({});
    }
    m_evidence->showFace(*m_desk, *studio().session());

    std::vector<float> probabilities;
    if (revealed && !face->probabilities.empty()) {
        for (const ExpressionClass &expression : m_desk->classes()) {
            const auto found = std::find_if(face->probabilities.begin(), face->probabilities.end(),
                                            [&](const auto &entry) { return entry.first == expression.id; });
            probabilities.push_back(found == face->probabilities.end() ? 0.f : found->second);
        }
    }
    m_classBar->setProbabilities(probabilities);
    const SampleRow &row = face->row;
    m_classBar->setMarks(revealed ? row.label : std::nullopt, revealed ? row.suggested : std::nullopt,
                         m_desk->secondChoice());
    // The inspector must not tell what blind review hides.
    studio().setCurrentSample(revealed ? row.id : SampleId{});

    QString spoken = tr("face %1 of %2").arg(queue.position() + 1).arg(queue.size());
    if (revealed) {
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

    if (m_attentionShown && revealed && isVisible())
        m_attentionTimer->start();
}

void ReviewPage::refreshProgress()
{
    if (!m_desk || m_desk->queue().isEmpty())
        return;
    const ReviewQueue &queue = m_desk->queue();
    const QLocale locale;
    m_progress->setRange(0, queue.size());
    m_progress->setValue(queue.answered());
    m_count->setText(tr("%1 / %2").arg(locale.toString(std::min(queue.position() + 1, queue.size())),
                                       locale.toString(queue.size())));
    const auto now = ReviewSession::Clock::now();
    const ReviewSession &sitting = m_desk->sitting();
    const auto elapsed = sitting.elapsed(now).count();
    QStringList rate{QStringLiteral("%1:%2").arg(elapsed / 60).arg(elapsed % 60, 2, 10, QLatin1Char('0'))};
    if (const double perMinute = sitting.perMinute(now); perMinute > 0)
        rate << tr("%1/min").arg(locale.toString(perMinute, 'f', 0));
    m_rate->setText(rate.join(QStringLiteral(" · ")));
    QStringList shares;
    if (const ShareEstimate agreement = sitting.agreement(); agreement.total >= 5 && !m_desk->isBlind())
        shares << tr("agree %1 (%2–%3)").arg(locale.toString(agreement.share, 'f', 2),
                                              locale.toString(agreement.low, 'f', 2),
                                              locale.toString(agreement.high, 'f', 2));
    const ReviewQueue::RandomTally tally = queue.randomTally();
    if (tally.judged >= 10) {
        const ShareEstimate noise = shareEstimate(tally.changed, tally.judged);
        shares << tr("wrong labels %1 % (%2–%3)").arg(locale.toString(100 * noise.share, 'f', 0),
                                                       locale.toString(100 * noise.low, 'f', 0),
                                                       locale.toString(100 * noise.high, 'f', 0));
    }
    m_agreement->setText(shares.join(QStringLiteral(" · ")));
    m_agreement->setToolTip(tr("How often you agreed with the given label, and how many labels of the whole set are wrong "
                               "judged by the %n randomly drawn face(s) alone; with 95 % intervals.", nullptr, tally.judged));
    m_break->setVisible(sitting.breakDue(now));
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
            cell.thumbnail = face->pixels;
            if (cell.outcome == ReviewQueue::Outcome::Changed || cell.outcome == ReviewQueue::Outcome::Kept)
                cell.answer = face->row.label;
        }
        cells.push_back(std::move(cell));
    }
    m_strip->setCells(std::move(cells));
}

void ReviewPage::say(const QString &hint)
{
    m_hint->setText(hint);
    m_hint->setAccessibleName(hint);
    m_hintTimer->start();
    QAccessibleEvent event(m_hint, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&event);
}

void ReviewPage::showSaveFailure(const QString &message)
{
    ProjectSession *session = studio().session();
    if (m_desk->unsaved() == 0) {
        studio().showError(tr("This answer was not saved: %1").arg(message));
        return;
    }
    say(tr("Not saved: this face comes back until its answer is stored."));
    if (m_desk->unsaved() == 1)
        studio().showError(tr("Not saved: %1 What was answered is kept and can be stored again.").arg(message), {},
                           {{tr("Retry"), [session] { session->retrySave(); }}});
}

// ---------------------------------------------------------------------------------------------- attention

void ReviewPage::setAttentionShown(bool shown)
{
    m_attentionShown = shown;
    settings().setValue(QStringLiteral("review/attention"), shown);
    studio().actions().action(QStringLiteral("review.attention"))->setChecked(shown);
    m_evidence->setAttentionShown(shown && m_desk->isRevealed());
    m_attentionFor.clear();
    if (shown)
        m_attentionTimer->start();
}

void ReviewPage::askAttention()
{
    const auto face = m_desk ? m_desk->face() : nullptr;
    if (!face || !m_attentionShown || !m_desk->isRevealed())
        return;
    AttentionPanel &panel = m_evidence->attention();
    if (face->run.isEmpty()) {
        panel.setMessage(tr("No attention: this face was not scored by a run of this project."));
        return;
    }
    if (!m_attention || m_attentionRun != face->run) {
        delete m_attention;
        m_attentionRun = face->run;
        m_attention = new AttentionClient(mienProgram(),
                                          {QStringLiteral("explain"), QStringLiteral("--run"), m_attentionRun,
                                           QStringLiteral("--serve"), QStringLiteral("-p"), studio().session()->folder()},
                                          this);
        connect(m_attention, &AttentionClient::arrived, this, [this](const Attention &attention) {
            const auto shown = m_desk ? m_desk->face() : nullptr;
            if (!shown || shown->row.id != attention.sample || !m_desk->isRevealed())
                return;
            const auto given = shown->row.given;
            m_evidence->attention().setAttention(attention, given ? tr("given label %1").arg(
                                                                        studio().session()->displayName(*given))
                                                                  : attention.className);
        });
        connect(m_attention, &AttentionClient::refused, this, [this](qint64, const QString &message) {
            m_evidence->attention().setMessage(tr("No attention for this face: %1").arg(message));
        });
        connect(m_attention, &AttentionClient::unavailable, this,
                [this](const QString &message) { m_evidence->attention().setMessage(message); });
    }
    const bool hasGiven = face->row.given.has_value();
    QString name = QStringLiteral("given");
    if (!hasGiven) {
        const ExpressionClass *predicted = face->row.predicted ? studio().session()->classOf(*face->row.predicted) : nullptr;
        if (!predicted)
            return;
        name = QString::fromStdString(predicted->name);
    }
    const QString wish = QStringLiteral("%1/%2/%3").arg(face->row.id.value).arg(name, face->run);
    if (wish == m_attentionFor)
        return;
    m_attentionFor = wish;
    if (!panel.hasMap())
        panel.setMessage(tr("Looking …"));
    m_attention->request(face->row.id, name);
}

void ReviewPage::showGuide()
{
    if (m_guide && m_guide->isVisible()) {
        m_guide->hide();
        return;
    }
    if (!m_guide)
        m_guide = new ClassGuide(*studio().session(), this);
    m_guide->show();
    m_guide->raise();
}

} // namespace mien
