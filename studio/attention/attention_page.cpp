#include "studio/attention/attention_page.h"

#include "pipeline/store/runs.h"
#include "pipeline/store/sample_table.h"
#include "studio/attention/attention_facts.h"
#include "studio/attention/face_walk.h"
#include "studio/attention/map_blocks.h"
#include "studio/attention/map_figure.h"
#include "studio/attention/map_sheet_view.h"
#include "studio/attention/reliability_card.h"
#include "studio/attention/run_chooser.h"
#include "studio/attention/run_maps.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/face_images.h"
#include "studio/common/filter_field.h"
#include "studio/common/icons.h"
#include "studio/common/mien_command.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/common/warm_helper.h"
#include "studio/review/face_loader.h"
#include "studio/review/neighbour_faces.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr int kDelayMs = 120; // a person who steps on waits for maps, not for neighbours
constexpr int kFactsWidth = 280;
constexpr int kOpacityStep = 10;
constexpr QLatin1String kFolderSetting("attention/folder");

/// What the page needs to know of the project.
struct KnownRuns
{
    std::vector<RunChooser::Entry> runs; ///< Newest first.
    QString standard;                    ///< That made the current flags, else the newest that learned labels.
    bool regionsStored = false;
};

RunChooser::Entry entryOf(const RunRow &run)
{
    RunChooser::Entry entry{QString::fromStdString(run.id), QString::fromStdString(run.network), {}};
    entry.words = QStringLiteral("%1 · %2").arg(entry.id, entry.network);
    const QJsonObject metrics = QJsonDocument::fromJson(QByteArray::fromStdString(run.metricsJson)).object();
    if (metrics.value(QStringLiteral("accuracy")).isDouble())
        entry.words += QStringLiteral(" · ") +
                       AttentionPage::tr("accuracy %1")
                           .arg(QLocale().toString(metrics.value(QStringLiteral("accuracy")).toDouble(), 'f', 2));
    if (!learnedLabels(run))
        entry.words += QStringLiteral(" · ") + AttentionPage::tr("pre-trained: draws faces");
    return entry;
}

Result<KnownRuns> knownRuns(const Project &project)
{
    KnownRuns known;
    for (const RunRow &run : runs(project)) {
        if (run.state != "done")
            continue;
        known.runs.insert(known.runs.begin(), entryOf(run));
        if (learnedLabels(run))
            known.standard = QString::fromStdString(run.id);
    }
    if (const auto flagging = currentFlagging(project))
        known.standard = QString::fromStdString(flagging->run);
    for (const std::string &name : measuredNames(project))
        known.regionsStored |= name.starts_with("attention.");
    return known;
}

} // namespace

AttentionPage::AttentionPage(Studio &studio)
    : Page(studio, QStringLiteral("attention"))
    , m_walk(new FaceWalk(this))
    , m_listing(new Background(this))
    , m_neighbourWork(new Background(this))
    , m_anchorWork(new Background(this))
    , m_delay(new QTimer(this))
    , m_filter(new FilterField)
    , m_problem(new QLabel)
    , m_place(new QLabel)
    , m_export(new QPushButton(tr("Export figure…")))
    , m_runs(new RunChooser)
    , m_kind(new QComboBox)
    , m_palette(new QComboBox)
    , m_opacity(new QSlider(Qt::Horizontal))
    , m_erased(new QToolButton)
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState(QStringLiteral("picture-nothing"), QString(), QString()))
    , m_scroll(new QScrollArea)
    , m_factsScroll(new QScrollArea)
    , m_view(new MapSheetView)
    , m_facts(new AttentionFacts)
    , m_neighbours(new NeighboursPanel)
{
    makeActions();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::space(16), Theme::space(8), Theme::space(16), Theme::space(8));
    layout->setSpacing(Theme::space(8));
    layout->addLayout(makeFirstRow());
    layout->addWidget(m_problem);
    layout->addLayout(makeSecondRow());
    m_empty->setObjectName(QStringLiteral("attentionEmpty"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeWork());
    layout->addWidget(m_stack, 1);

    m_delay->setSingleShot(true);
    m_delay->setInterval(kDelayMs);
    connect(m_delay, &QTimer::timeout, this, &AttentionPage::askAround);
    connect(&studio, &Studio::attentionRequested, this, &AttentionPage::openRequest);
    connect(m_walk, &FaceWalk::listChanged, this, &AttentionPage::showList);
    connect(m_walk, &FaceWalk::moved, this, &AttentionPage::showFace);
    connect(m_walk, &FaceWalk::failed, m_filter, &FilterField::setProblem);
    connect(m_filter, &FilterField::filterChosen, this, [this](const QString &filter) {
        m_filter->setProblem({});
        m_walk->openFilter(filter, m_walk->current());
    });
    connect(m_filter, &FilterField::left, m_scroll, [this] { m_scroll->setFocus(Qt::TabFocusReason); });
    connect(m_filter, &FilterField::problemChanged, this, [this](const QString &message) {
        m_problem->setText(message);
        m_problem->setVisible(!message.isEmpty());
    });
    connect(m_runs, &RunChooser::chosenChanged, this, &AttentionPage::startRuns);
    connect(m_facts, &AttentionFacts::similarWanted, this, &AttentionPage::findSimilar);
    connect(&m_facts->reliability(), &ReliabilityCard::chosen, this, &AttentionPage::inspect);
    connect(m_neighbours, &NeighboursPanel::chosen, this, &AttentionPage::inspect);
    connect(m_neighbours, &NeighboursPanel::opened, &studio, &Studio::openSample);
    connect(m_neighbours, &NeighboursPanel::left, this, [this] { m_scroll->setFocus(); });
    connect(m_empty, &EmptyState::clicked, this, [this] {
        if (m_runs->runs().empty())
            this->studio().showPage(QStringLiteral("train"));
        else
            m_walk->openFilter({}, {});
    });
    showFaceOrEmpty();
}

AttentionPage::~AttentionPage() = default;

QToolButton *AttentionPage::verbButton(const char *action, const char *iconName)
{
    QAction *const verb = studio().actions().action(QLatin1String(action));
    auto *button = new QToolButton;
    button->setObjectName(QStringLiteral("button.") + QLatin1String(action));
    button->setAccessibleName(verb->text().remove(QLatin1Char('&')));
    button->setToolTip(verb->toolTip());
    button->setIcon(icon(QLatin1String(iconName)));
    button->setIconSize({Theme::space(20), Theme::space(20)});
    button->setFocusPolicy(Qt::TabFocus);
    connect(button, &QToolButton::clicked, verb, &QAction::trigger);
    return button;
}

QLayout *AttentionPage::makeFirstRow()
{
    auto *row = new QHBoxLayout;
    row->setSpacing(Theme::space(8));
    m_filter->setObjectName(QStringLiteral("attentionFilter"));
    m_filter->setAccessibleName(tr("Filter of the faces to step through"));
    m_problem->setObjectName(QStringLiteral("attentionProblem"));
    m_problem->setProperty("danger", true);
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_place->setObjectName(QStringLiteral("attentionPlace"));
    Theme::setType(m_place, Theme::Type::Secondary);
    m_export->setObjectName(QStringLiteral("attentionExport"));
    m_export->setAccessibleName(tr("Export the maps as a figure"));
    m_export->setProperty("primary", true);
    connect(m_export, &QPushButton::clicked, this, &AttentionPage::exportFigure);
    row->addWidget(m_filter, 1);
    row->addWidget(verbButton("attention.previous", "left"));
    row->addWidget(m_place);
    row->addWidget(verbButton("attention.next", "right"));
    row->addWidget(m_export);
    return row;
}

QLayout *AttentionPage::makeSecondRow()
{
    auto *row = new QHBoxLayout;
    row->setSpacing(Theme::space(8));
    m_kind->setObjectName(QStringLiteral("attentionKind"));
    m_kind->setAccessibleName(tr("Kind of map"));
    m_kind->setToolTip(tr("What the maps show (K)"));
    m_kind->addItem(tr("What suits the network"), QStringLiteral("attention"));
    m_kind->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_palette->setObjectName(QStringLiteral("attentionPalette"));
    m_palette->setAccessibleName(tr("Colours of the maps"));
    m_palette->setToolTip(tr("Colours of the maps (P)"));
    const std::pair<ColourScale, const char *> scales[] = {{ColourScale::Viridis, "Viridis"},
                                                           {ColourScale::Cividis, "Cividis"},
                                                           {ColourScale::Magma, "Magma"},
                                                           {ColourScale::Grey, QT_TR_NOOP("Grey")}};
    for (const auto &[scale, name] : scales)
        m_palette->addItem(tr(name), int(scale));
    m_opacity->setObjectName(QStringLiteral("attentionOpacity"));
    m_opacity->setAccessibleName(tr("Opacity of the maps"));
    m_opacity->setToolTip(tr("Opacity of the maps (+, -)"));
    m_opacity->setRange(0, 100);
    m_opacity->setPageStep(kOpacityStep);
    m_opacity->setValue(settings().value(QStringLiteral("attention/opacity"), 60).toInt());
    m_opacity->setFixedWidth(Theme::space(24) * 4);
    m_opacity->installEventFilter(this);
    m_erased->setObjectName(QStringLiteral("attentionErased"));
    m_erased->setAccessibleName(tr("Maps with parts erased"));
    m_erased->setText(tr("Parts erased"));
    m_erased->setToolTip(
        tr("The same maps while a part of the face is erased; of a reconstruction, other patches hidden (E)"));
    m_erased->setCheckable(true);
    m_erased->setChecked(settings().value(QStringLiteral("attention/erased"), true).toBool());
    m_erased->setFocusPolicy(Qt::StrongFocus);
    const auto label = [](const QString &text, QWidget *of) {
        auto *words = new QLabel(text);
        Theme::setType(words, Theme::Type::Secondary);
        words->setBuddy(of);
        return words;
    };
    row->addWidget(label(tr("Runs"), m_runs));
    row->addWidget(m_runs);
    row->addSpacing(Theme::space(8));
    row->addWidget(label(tr("Maps"), m_kind));
    row->addWidget(m_kind);
    row->addWidget(m_palette);
    row->addWidget(m_opacity);
    row->addWidget(m_erased);
    row->addStretch();

    const int stored = settings().value(QStringLiteral("attention/scale"), int(ColourScale::Viridis)).toInt();
    m_palette->setCurrentIndex(std::max(0, m_palette->findData(stored)));
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this] {
        m_wantedKind = m_kind->currentData().toString();
        showFace();
    });
    connect(m_palette, &QComboBox::currentIndexChanged, this, [this] {
        settings().setValue(QStringLiteral("attention/scale"), int(scale()));
        refreshMaps();
    });
    connect(m_opacity, &QSlider::valueChanged, this, [this](int value) {
        settings().setValue(QStringLiteral("attention/opacity"), value);
        refreshMaps();
    });
    connect(m_erased, &QToolButton::toggled, this, [this](bool shown) {
        settings().setValue(QStringLiteral("attention/erased"), shown);
        showFace();
    });
    return row;
}

QWidget *AttentionPage::makeWork()
{
    const auto dress = [](QScrollArea *area, const char *name, const QString &spokenName) {
        area->setObjectName(QLatin1String(name));
        area->setAccessibleName(spokenName);
        area->setWidgetResizable(true);
        area->setFrameShape(QFrame::NoFrame);
    };
    dress(m_scroll, "attentionScroll", tr("Attention maps"));
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setWidget(m_view);
    m_scroll->installEventFilter(this);
    dress(m_factsScroll, "attentionFactsScroll", tr("About this face"));
    m_factsScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_factsScroll->setFocusPolicy(Qt::NoFocus); // it follows the control that has the focus
    m_factsScroll->setWidget(m_facts);

    auto *work = new QWidget;
    auto *body = new QHBoxLayout(work);
    body->setContentsMargins(0, 0, 0, 0);
    body->setSpacing(Theme::space(16));
    auto *left = new QVBoxLayout;
    left->setSpacing(Theme::space(8));
    left->addWidget(m_scroll, 1);
    left->addWidget(m_neighbours);
    body->addLayout(left, 1);
    body->addWidget(m_factsScroll);
    return work;
}

void AttentionPage::makeActions()
{
    const auto add = [this](const char *name, const QString &text, const char *iconName, QList<QKeySequence> keys,
                            const QString &menu, const QString &help, std::function<void()> run) {
        ActionSpec spec;
        spec.id = QStringLiteral("attention.") + QLatin1String(name);
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.keys = std::move(keys);
        spec.menu = menu;
        spec.scope = id();
        spec.help = help;
        studio().actions().add(spec, this, std::move(run));
    };
    const QString go = QStringLiteral("go"), view = QStringLiteral("view"), labels = QStringLiteral("labels");
    add("previous", tr("&Previous face"), "left", {QKeySequence(Qt::Key_Left)}, go, tr("Of the list above."),
        [this] { m_walk->goTo(m_walk->position() - 1); });
    add("next", tr("&Next face"), "right", {QKeySequence(Qt::Key_Right)}, go, tr("Of the list above."),
        [this] { m_walk->goTo(m_walk->position() + 1); });
    add("first", tr("&First face"), "", {QKeySequence(Qt::Key_Home)}, go, tr("Of the list above."),
        [this] { m_walk->goTo(0); });
    add("last", tr("&Last face"), "", {QKeySequence(Qt::Key_End)}, go, tr("Of the list above."),
        [this] { m_walk->goTo(m_walk->size() - 1); });
    add("filter", tr("&Filter the faces"), "filter", {QKeySequence(Qt::CTRL | Qt::Key_F), QKeySequence(Qt::Key_Slash)},
        view, tr("Chooses the faces to step through."), [this] { m_filter->setFocus(Qt::ShortcutFocusReason); });
    add("runs", tr("Choose &runs"), "", {QKeySequence(Qt::Key_R)}, view, tr("One run, or several beside each other."),
        [this] { m_runs->open(); });
    add("kind", tr("Next &kind of map"), "attention", {QKeySequence(Qt::Key_K)}, view,
        tr("Of those that the network has."), [this] { stepChoice(m_kind); });
    add("palette", tr("Next &colours"), "palette", {QKeySequence(Qt::Key_P)}, view,
        tr("Viridis, cividis, magma, grey: equal steps look equally large."), [this] { stepChoice(m_palette); });
    add("opaque", tr("&More of the map"), "", {QKeySequence(Qt::Key_Plus), QKeySequence(Qt::Key_Equal)}, view,
        tr("Less of the face below it."), [this] { m_opacity->setValue(m_opacity->value() + kOpacityStep); });
    add("clear", tr("&Less of the map"), "", {QKeySequence(Qt::Key_Minus)}, view, tr("More of the face below it."),
        [this] { m_opacity->setValue(m_opacity->value() - kOpacityStep); });
    add("erased", tr("With parts &erased"), "", {QKeySequence(Qt::Key_E)}, view,
        tr("The same maps while a part of the face is erased."), [this] { m_erased->toggle(); });
    add("neighbours", tr("&Go to the neighbours"), "neighbors", {QKeySequence(Qt::Key_N)}, go,
        tr("Arrows move among them, Enter shows one in the inspector, Ctrl+Enter in the gallery, Escape goes back."),
        [this] { m_neighbours->focusFirst(); });
    add("similar", tr("Find &similar attention"), "search", {QKeySequence(Qt::Key_S)}, go,
        tr("Shows the faces whose attention lies on the same part in the gallery."), [this] { findSimilar(); });
    add("review", tr("Re&view these faces"), "queue", {QKeySequence(Qt::Key_Q)}, labels,
        tr("Opens the list from this face on as a queue in Review."), [this] {
            const auto &samples = m_walk->samples();
            if (m_walk->current())
                studio().openQueue({m_walk->title().isEmpty() ? tr("From attention") : m_walk->title(),
                                    {samples.begin() + m_walk->position(), samples.end()},
                                    {}});
        });
    add("gallery", tr("Show in the g&allery"), "gallery", {QKeySequence(Qt::Key_G)}, go,
        tr("Selects this face among all others."), [this] {
            if (m_walk->current())
                studio().openSample(m_walk->current());
        });
    add("retry", tr("&Try again"), "retry", {QKeySequence(Qt::Key_F5)}, view,
        tr("Asks the networks anew after something went wrong."), [this] {
            for (RunMaps *maps : std::as_const(m_runMaps))
                maps->tryAgain();
            askAround();
        });
    add("export", tr("E&xport figure…"), "export", {QKeySequence(Qt::CTRL | Qt::Key_E)}, QStringLiteral("file"),
        tr("Writes what is shown as a picture, with its scales, or the maps as arrays."), [this] { exportFigure(); });
}

// --------------------------------------------------------------------------------------------- the project

void AttentionPage::setSession(ProjectSession *session)
{
    m_session = session;
    m_listing->stop();
    m_neighbourWork->stop();
    m_anchorWork->stop();
    m_delay->stop();
    qDeleteAll(m_runMaps);
    m_runMaps.clear();
    delete std::exchange(m_loader, nullptr);
    m_images.reset();
    m_runsKnown = false;
    m_runs->setRuns({}, {});
    m_filter->setSession(session);
    m_walk->setSession(session);
    if (!session)
        return;
    m_images = std::make_shared<FaceImages>(session->folder().toStdString());
    m_loader = new FaceLoader(session->folder().toStdString(), this);
    connect(m_loader, &FaceLoader::ready, this, [this](qint64 sample) {
        if (SampleId{sample} == m_walk->current())
            showFaceOrEmpty();
    });
    connect(session, &ProjectSession::picturesMade, this, [this] { m_images->reload(); });
    connect(session, &ProjectSession::dataChanged, this, [this] {
        m_filter->setClasses(m_session->classes());
        m_loader->forgetAll();
        if (m_walk->current())
            m_loader->want({m_walk->current()});
        reloadRuns();
        if (isVisible())
            m_delay->start(); // a flagging has made new scores
    });
    reloadRuns();
}

void AttentionPage::reloadRuns()
{
    m_listing->start([readers = m_session->readers()](const Job &) { return readers->with(&knownRuns); },
                     [this](const Result<KnownRuns> &known) {
                         m_runsKnown = true;
                         if (!known)
                             return; // told where all reading is: the window shows it
                         m_regionsStored = known->regionsStored;
                         m_runs->setRuns(known->runs, known->standard);
                         if (!m_wantedRuns.isEmpty())
                             m_runs->choose(std::exchange(m_wantedRuns, {}));
                         m_facts->setReasonAgainstSimilar(reasonAgainstSimilar());
                         showFaceOrEmpty();
                     });
}

void AttentionPage::entered()
{
    if (m_session && !m_walk->isOpened())
        m_walk->openStandard(m_wantedSample ? m_wantedSample : studio().currentSample());
    m_scroll->setFocus();
    showFace();
}

void AttentionPage::openRequest(const QueueRequest &request)
{
    if (!m_session)
        return;
    if (!request.comparedRuns.isEmpty()) {
        if (m_runsKnown)
            m_runs->choose(request.comparedRuns);
        else
            m_wantedRuns = request.comparedRuns;
    }
    const QSignalBlocker quiet(m_filter);
    m_filter->setFilter(request.filter);
    if (request.samples.empty())
        m_walk->openFilter(request.filter, studio().currentSample());
    else
        m_walk->openSamples(request.title, request.samples, studio().currentSample());
}

QVariantMap AttentionPage::state() const
{
    return {{QStringLiteral("filter"), m_walk->filter()},
            {QStringLiteral("sample"), qint64(m_walk->current().value)},
            {QStringLiteral("kind"), m_wantedKind},
            {QStringLiteral("runs"), m_runs->chosen()}};
}

void AttentionPage::restore(const QVariantMap &state)
{
    m_wantedKind = state.value(QStringLiteral("kind"), QStringLiteral("attention")).toString();
    m_wantedRuns = state.value(QStringLiteral("runs")).toStringList();
    m_wantedSample = SampleId{state.value(QStringLiteral("sample")).toLongLong()};
    const QString filter = state.value(QStringLiteral("filter")).toString();
    if (m_session && !filter.isEmpty() && !m_walk->isOpened())
        m_walk->openFilter(filter, m_wantedSample);
}

bool AttentionPage::isSettled() const
{
    if (!m_session)
        return true;
    if (!m_runsKnown || m_listing->isBusy() || m_walk->isBusy() || m_delay->isActive())
        return false;
    if (!m_walk->current() || m_runs->runs().empty())
        return true;
    return face() && !m_neighbourWork->isBusy() && !m_anchorWork->isBusy() &&
           std::none_of(m_runMaps.begin(), m_runMaps.end(), [](const RunMaps *maps) { return maps->isBusy(); });
}

void AttentionPage::pose()
{
    m_scroll->setFocus();
}

// ------------------------------------------------------------------------------------------------ the runs

RunMaps *AttentionPage::mapsOf(const QString &run) const
{
    return m_runMaps.value(run);
}

RunMaps *AttentionPage::mapsAfter(const QString &run) const
{
    const QStringList chosen = m_runs->chosen();
    return mapsOf(chosen.value(chosen.indexOf(run) + 1));
}

void AttentionPage::startRuns()
{
    const QStringList chosen = m_runs->chosen();
    for (const QString &run : m_runMaps.keys())
        if (!chosen.contains(run))
            delete m_runMaps.take(run);
    for (const QString &run : chosen) {
        if (m_runMaps.contains(run) || !m_session)
            continue;
        auto *helper = new WarmHelper(mienProgram(),
                                      {QStringLiteral("explain"), QStringLiteral("--run"), run,
                                       QStringLiteral("--serve"), QStringLiteral("-p"), m_session->folder()},
                                      tr("What the network saw"));
        auto *maps = new RunMaps(helper, this);
        m_runMaps.insert(run, maps);
        connect(maps, &RunMaps::changed, this, [this] {
            refreshKinds();
            refreshMaps();
        });
        connect(maps, &RunMaps::neighboursArrived, this, &AttentionPage::showNeighbours);
        connect(maps, &RunMaps::neighboursRefused, this, [this, run](qint64 sample, const QString &message) {
            if (SampleId{sample} != m_walk->current())
                return;
            if (RunMaps *next = mapsAfter(run))
                next->askNeighbours(SampleId{sample});
            else
                m_neighbours->setMessage(tr("No neighbours for this face: %1").arg(message));
        });
        connect(maps, &RunMaps::reliabilityArrived, this,
                [this, run](const ReliabilityFacts &facts) { showReliability(facts, run); });
        connect(maps, &RunMaps::reliabilityRefused, this, [this, run](qint64 sample, const QString &message) {
            if (SampleId{sample} != m_walk->current())
                return;
            if (RunMaps *next = mapsAfter(run))
                next->askReliability(SampleId{sample});
            else
                m_facts->reliability().setMessage(message);
        });
    }
    refreshKinds();
    showFace();
}

QString AttentionPage::kind() const
{
    return m_kind->currentData().toString();
}

ColourScale AttentionPage::scale() const
{
    return ColourScale(m_palette->currentData().toInt());
}

void AttentionPage::refreshKinds()
{
    QStringList offered;
    for (const QString &run : m_runs->chosen())
        if (const RunMaps *maps = mapsOf(run); maps && maps->kinds())
            for (const QString &name : maps->kinds()->kinds)
                if (!offered.contains(name))
                    offered << name;
    QStringList known;
    for (int i = 1; i < m_kind->count(); ++i)
        known << m_kind->itemData(i).toString();
    if (offered == known)
        return;
    const QString before = kind();
    {
        const QSignalBlocker quiet(m_kind);
        while (m_kind->count() > 1)
            m_kind->removeItem(1);
        for (const QString &name : std::as_const(offered))
            m_kind->addItem(mapKindWord(name), name);
        m_kind->setCurrentIndex(std::max(0, m_kind->findData(m_wantedKind)));
    }
    if (kind() != before)
        showFace();
}

// ------------------------------------------------------------------------------------------------ the face

std::shared_ptr<const ReviewFace> AttentionPage::face() const
{
    return m_loader && m_walk->current() ? m_loader->face(m_walk->current()) : nullptr;
}

void AttentionPage::showList()
{
    if (m_filter->filter() != m_walk->filter()) {
        const QSignalBlocker quiet(m_filter);
        m_filter->setFilter(m_walk->filter());
    }
    m_wantedSample = {};
    showFaceOrEmpty();
}

void AttentionPage::showFace()
{
    const SampleId sample = m_walk->current();
    if (m_loader && sample) {
        std::vector<SampleId> near;
        for (const int step : {1, -1})
            if (const SampleId other = m_walk->at(m_walk->position() + step))
                near.push_back(other);
        std::vector<SampleId> wanted{sample};
        wanted.insert(wanted.end(), near.begin(), near.end());
        m_loader->want(wanted);
        if (isVisible()) {
            for (RunMaps *maps : std::as_const(m_runMaps))
                maps->show(sample, kind(), m_erased->isChecked(), near);
            studio().setCurrentSample(sample);
            m_neighbours->setMessage(tr("Looking …"));
            m_facts->reliability().setMessage(tr("Looking …"));
            m_delay->start();
        }
    }
    showFaceOrEmpty();
}

void AttentionPage::showFaceOrEmpty()
{
    const bool hasRuns = !m_runs->runs().empty(), hasFace = bool(m_walk->current());
    const QLocale locale;
    const QString place =
        hasFace ? tr("%1 of %2").arg(locale.toString(m_walk->position() + 1), locale.toString(m_walk->size()))
                : tr("no face");
    m_place->setText(m_walk->title().isEmpty() ? place : QStringLiteral("%1 · %2").arg(m_walk->title(), place));
    m_stack->setCurrentIndex(hasRuns && hasFace ? 1 : 0);
    m_empty->setPicture(QStringLiteral("picture-nothing"));
    if (!m_session || !m_runsKnown || m_walk->isBusy()) {
        m_empty->setSentence(m_session ? tr("Looking …") : QString());
        m_empty->setButton({});
    } else if (!hasRuns) {
        m_empty->setSentence(tr("No network is trained yet. Where one looks is shown here, face by face."));
        m_empty->setButton(tr("Go to Train"));
    } else if (!hasFace) {
        m_empty->setSentence(m_walk->filter().isEmpty() ? tr("There is no face in this project yet.")
                                                        : tr("No face matches the filter."));
        m_empty->setButton(m_walk->filter().isEmpty() ? QString() : tr("Show all faces"));
    }
    if (!hasRuns || !hasFace)
        m_export->setEnabled(false);
    if (const auto shown = face()) {
        m_facts->setFace(*shown, *m_session);
        refreshMaps();
    }
}

void AttentionPage::askAround()
{
    RunMaps *maps = mapsOf(m_runs->chosen().value(0));
    if (!maps || !m_walk->current())
        return;
    maps->askNeighbours(m_walk->current());
    maps->askReliability(m_walk->current());
}

void AttentionPage::refreshMaps()
{
    const auto shown = face();
    if (!shown || !m_session)
        return; // the former face stays until the next one is there: nothing flickers
    MapSheet sheet;
    sheet.face = shown->pixels;
    sheet.scale = scale();
    sheet.opacity = m_opacity->value() / 100.0;
    sheet.erasedDraws = m_erased->isChecked() ? RunMaps::kErasedDraws : 0;
    bool hasMaps = false, isWhole = true;
    for (const QString &run : m_runs->chosen()) {
        const RunMaps *maps = mapsOf(run);
        const RunChooser::Entry *entry = m_runs->entry(run);
        if (!maps || !entry)
            continue;
        sheet.blocks.push_back(blockOf(*shown, *maps, *entry, kind(), sheet.erasedDraws, *m_session));
        if (shown->pixels.isNull()) {
            sheet.blocks.back().message = shown->problem;
            sheet.blocks.back().rows.clear();
        }
        hasMaps |= !sheet.blocks.back().rows.empty();
        const FaceMaps *known = maps->maps(shown->row.id, kind());
        isWhole &= !known || known->isWhole();
    }
    m_export->setEnabled(hasMaps && isWhole);
    m_export->setToolTip(m_export->isEnabled() ? QString() : noFigure());
    m_view->setSheet(std::move(sheet));
    refreshFacts(*shown);
}

void AttentionPage::refreshFacts(const ReviewFace &face)
{
    const QString run = m_runs->chosen().value(0);
    const RunMaps *maps = mapsOf(run);
    const FaceMaps *known = maps ? maps->maps(face.row.id, kind()) : nullptr;
    if (known)
        m_facts->setMaps(*known, run, *m_session);
    else
        m_facts->clearMaps();
    if (maps && !maps->problem().isEmpty()) {
        m_neighbours->setMessage(maps->problem());
        m_facts->reliability().setMessage(maps->problem());
    }
}

void AttentionPage::showNeighbours(const NearestSamples &nearest)
{
    if (!m_session || nearest.sample != m_walk->current())
        return;
    readNeighbours(*m_neighbourWork, *m_session, m_images, nearest.nearest, int(Theme::space(64) * devicePixelRatioF()),
                   [this, sample = nearest.sample](const Result<std::vector<NeighbourFace>> &faces) {
                       const auto shown = face();
                       if (!shown || sample != m_walk->current())
                           return;
                       if (!faces) {
                           m_neighbours->setMessage(QString::fromStdString(faces.error().message));
                           return;
                       }
                       const SampleRow &row = shown->row;
                       m_neighbours->setNeighbours(
                           *faces, row.given ? m_session->displayName(*row.given) : QString(),
                           row.suggested && *row.suggested ? m_session->displayName(*row.suggested) : QString());
                   });
}

void AttentionPage::showReliability(const ReliabilityFacts &facts, const QString &run)
{
    if (!m_session || facts.sample != m_walk->current())
        return;
    m_facts->reliability().setFacts(facts, run, *m_session);
    std::vector<SampleId> wanted;
    for (const ReliabilityFacts::Anchor &anchor : facts.anchors)
        wanted.insert(wanted.end(), anchor.faces.begin(), anchor.faces.end());
    readNeighbours(*m_anchorWork, *m_session, m_images, wanted, int(Theme::space(40) * devicePixelRatioF()),
                   [this, sample = facts.sample](const Result<std::vector<NeighbourFace>> &faces) {
                       if (faces && sample == m_walk->current())
                           m_facts->reliability().setFaces(*faces);
                   });
}

void AttentionPage::inspect(SampleId sample)
{
    studio().showInspector();
    studio().setCurrentSample(sample);
}

// -------------------------------------------------------------------------------------------------- verbs

QString AttentionPage::reasonAgainstSimilar() const
{
    return m_regionsStored ? QString()
                           : tr("Flag first, by a run whose network has class maps: that stores for every face where "
                                "its evidence lies.");
}

void AttentionPage::findSimilar()
{
    const QString reason = m_facts->reasonAgainstSimilar();
    if (reason.isEmpty())
        studio().openFilter(m_facts->similarFilter());
    else
        studio().announce(reason);
}

void AttentionPage::stepChoice(QComboBox *box)
{
    box->setCurrentIndex((box->currentIndex() + 1) % box->count());
    studio().announce(box->currentText());
}

QString AttentionPage::noFigure() const
{
    return tr("The maps of this face are not all there yet.");
}

void AttentionPage::exportFigure()
{
    if (!m_export->isEnabled() || !face()) {
        studio().announce(noFigure());
        return;
    }
    auto *dialog = new QFileDialog(this, tr("Export figure"));
    dialog->setObjectName(QStringLiteral("attentionExportDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    const QStringList filters{tr("Picture (*.png)"), tr("Vector graphic (*.svg)"), tr("Raw maps for NumPy (*.npy)")};
    dialog->setNameFilters(filters);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog, filters](const QString &filter) {
        const QString suffixes[] = {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("npy")};
        dialog->setDefaultSuffix(suffixes[std::max<qsizetype>(0, filters.indexOf(filter))]);
    });
    const QString folder = settings().value(kFolderSetting).toString();
    if (!folder.isEmpty() && QFileInfo(folder).isDir())
        dialog->setDirectory(folder);
    dialog->selectFile(QStringLiteral("sample-%1-%2").arg(m_walk->current().value).arg(m_runs->chosen().join('-')));
    connect(dialog, &QFileDialog::fileSelected, this, &AttentionPage::writeTo);
    dialog->open();
}

void AttentionPage::writeTo(const QString &path)
{
    const auto shown = face();
    if (!shown)
        return;
    settings().setValue(kFolderSetting, QFileInfo(path).absolutePath());
    MapFigure figure;
    figure.title = tr("Sample %1 · %2").arg(shown->row.id.value).arg(QString::fromStdString(shown->row.source));
    figure.facts << tr("given %1").arg(shown->row.given ? m_session->displayName(*shown->row.given) : tr("no label"));
    figure.facts << tr("%1 · run %2").arg(m_session->name(), m_runs->chosen().join(QStringLiteral(", ")));
    figure.sheet = m_view->sheet();
    const auto written = writeFigure(figure, path);
    if (written)
        studio().announce(
            written->size() == 1
                ? tr("Saved as %1.").arg(written->front())
                : tr("Saved %n file(s) in %1.", nullptr, int(written->size())).arg(QFileInfo(path).absolutePath()));
    else
        studio().showError(QString::fromStdString(written.error().message));
}

// ------------------------------------------------------------------------------------------------- events

void AttentionPage::resizeEvent(QResizeEvent *event)
{
    Page::resizeEvent(event);
    m_factsScroll->setFixedWidth(
        std::clamp(width() * 24 / 100, std::min(Theme::space(kFactsWidth), width() * 2 / 5), Theme::space(400)));
}

bool AttentionPage::eventFilter(QObject *watched, QEvent *event)
{
    // With the room of the scroll bar left free, whether or not it shows: it must not come and go by itself.
    if (watched == m_scroll && event->type() == QEvent::Resize)
        m_view->setRoom(m_scroll->size() - QSize(m_scroll->verticalScrollBar()->sizeHint().width(), 0));
    // The slider moves by its own arrows while it has the focus; elsewhere they step.
    if (watched == m_opacity && event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Home || key == Qt::Key_End) {
            event->accept();
            return true;
        }
    }
    return Page::eventFilter(watched, event);
}

} // namespace mien
