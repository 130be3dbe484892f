#include "studio/map/map_page.h"

#include "pipeline/store/given_fields.h"
#include "pipeline/store/runs.h"
#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/icons.h"
#include "studio/common/job_queue.h"
#include "studio/common/job_strip.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/theme.h"
#include "studio/gallery/selection_bar.h"
#include "studio/gallery/selection_edits.h"
#include "studio/map/map_faces.h"
#include "studio/map/map_legend.h"
#include "studio/map/map_view.h"

#include <QActionGroup>
#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <map>

namespace mien {

namespace {

constexpr int kHoverSide = 96; // logical pixels

QString numberText(double value, int digits = 2)
{
    return QLocale().toString(value, 'f', digits);
}

QString faithWords(double trustworthiness)
{
    return trustworthiness >= 0.95 ? MapPage::tr("what lies side by side is alike")
           : trustworthiness >= 0.85
               ? MapPage::tr("most of what lies side by side is alike")
               : MapPage::tr("much of what lies side by side is not alike: look at the distortion");
}

QString nameOf(const MapFacts &map)
{
    if (map.method.isEmpty())
        return MapPage::tr("%1 · damaged").arg(map.run);
    QString name = map.method == QLatin1String("pca") ? MapPage::tr("%1 · fold %2 · PCA").arg(map.run).arg(map.fold)
                                                      : MapPage::tr("%1 · fold %2 · t-SNE, perplexity %3")
                                                            .arg(map.run)
                                                            .arg(map.fold)
                                                            .arg(QLocale().toString(std::round(map.perplexity)));
    if (map.seed != 0)
        name += MapPage::tr(", seed %1").arg(map.seed);
    return name;
}

std::vector<std::uint8_t> selectedPoints(const std::vector<SampleId> &samples, const std::vector<SampleId> &selection)
{
    std::vector<std::uint8_t> selected;
    if (selection.empty())
        return selected;
    selected.assign(samples.size(), 0);
    for (std::size_t point = 0; point < samples.size(); ++point)
        selected[point] = std::binary_search(selection.begin(), selection.end(), samples[point]);
    return selected;
}

QFrame *floatingCard(QWidget *parent, const char *name)
{
    auto *card = new QFrame(parent);
    card->setObjectName(QLatin1String(name));
    card->setProperty("card", true);
    card->setAttribute(Qt::WA_TransparentForMouseEvents);
    card->hide();
    return card;
}

} // namespace

MapPage::MapPage(Studio &studio)
    : Page(studio, QStringLiteral("map"))
    , m_lister(new Background(this))
    , m_reader(new Background(this))
    , m_columnReader(new Background(this))
    , m_styling(new Background(this))
    , m_faces(new MapFaces(this))
    , m_hoverFaces(new MapFaces(this))
    , m_map(new QComboBox)
    , m_color(new QComboBox)
    , m_shape(new QComboBox)
    , m_pan(new QToolButton)
    , m_lasso(new QToolButton)
    , m_rectangle(new QToolButton)
    , m_contours(new QToolButton)
    , m_clusters(new QToolButton)
    , m_fit(new QToolButton)
    , m_size(new QSlider(Qt::Horizontal))
    , m_make(new QPushButton(tr("Make a map…")))
    , m_stack(new QStackedWidget)
    , m_empty(new EmptyState(QStringLiteral("picture-faces"), {}, tr("Make a map")))
    , m_view(new MapView(*m_faces))
    , m_job(new JobStrip(QStringLiteral("map"), tr("Stop the map")))
    , m_words(Theme::words({}, Theme::Type::Secondary))
    , m_count(new QLabel)
    , m_edits(new SelectionEdits(studio, [this] { return this->studio().selection(); }, this))
{
    m_wantedColor = QStringLiteral("label");
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    makeActions();
    makeDrawingActions();
    auto *row = new QHBoxLayout;
    makeRow(*row);
    outer->addLayout(row);
    m_job->setContentsMargins(Theme::space(12), 0, Theme::space(12), Theme::space(8));
    m_job->hide();
    outer->addWidget(m_job);
    auto *line = new QFrame;
    line->setProperty("line", true);
    outer->addWidget(line);

    m_view->setObjectName(QStringLiteral("mapView"));
    m_view->setAccessibleName(tr("Map of the faces"));
    m_legend = new MapLegend(m_view);
    m_legend->hide();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_view);
    outer->addWidget(m_stack, 1);
    m_hoverCard = floatingCard(m_view, "mapHover");
    auto *hoverRow = new QHBoxLayout(m_hoverCard);
    hoverRow->setContentsMargins(Theme::space(8), Theme::space(8), Theme::space(8), Theme::space(8));
    m_hoverPicture = new QLabel;
    m_hoverWords = new QLabel;
    m_hoverWords->setObjectName(QStringLiteral("mapHoverWords"));
    hoverRow->addWidget(m_hoverPicture);
    hoverRow->addWidget(m_hoverWords);
    m_lassoCard = floatingCard(m_view, "mapLasso");
    auto *lassoRow = new QHBoxLayout(m_lassoCard);
    lassoRow->setContentsMargins(Theme::space(8), Theme::space(8), Theme::space(8), Theme::space(8));
    m_lassoWords = new QLabel;
    m_lassoWords->setObjectName(QStringLiteral("mapLassoWords"));
    lassoRow->addWidget(m_lassoWords);

    auto *below = new QFrame;
    below->setProperty("line", true);
    outer->addWidget(below);
    m_words->setObjectName(QStringLiteral("mapWords"));
    m_words->setContentsMargins(Theme::space(12), Theme::space(4), Theme::space(12), 0);
    outer->addWidget(m_words);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(Theme::space(12), Theme::space(4), Theme::space(12), Theme::space(4));
    m_count->setObjectName(QStringLiteral("mapCount"));
    Theme::setType(m_count, Theme::Type::Secondary);
    bar->addWidget(m_count, 1);
    m_bar = new SelectionBar(studio, id(), tr("Selected on the map"), *m_edits);
    bar->addWidget(m_bar);
    outer->addLayout(bar);

    connect(m_empty, &EmptyState::clicked, this, [this] {
        if (m_emptyAct)
            m_emptyAct();
    });
    connect(m_view, &MapView::lassoed, this,
            [this](const std::vector<std::uint32_t> &points, Qt::KeyboardModifiers modifiers, const QPointF &where) {
                select(points, modifiers);
                tellSelection(where);
            });
    connect(m_view, &MapView::clicked, this,
            [this](std::optional<std::uint32_t> point, Qt::KeyboardModifiers modifiers) {
                if (point)
                    select({*point}, modifiers);
                else if (!(modifiers & (Qt::ShiftModifier | Qt::ControlModifier)))
                    select({}, {});
                if (point && m_shown)
                    this->studio().setCurrentSample((*m_shown->samples)[*point]);
                m_lassoCard->hide();
            });
    connect(m_view, &MapView::activated, this, [this](std::uint32_t point) {
        if (m_shown)
            this->studio().openSample((*m_shown->samples)[point]);
    });
    connect(m_view, &MapView::hovered, this, &MapPage::hover);
    connect(m_view, &MapView::moved, this, [this] {
        m_lassoCard->hide();
        hover({}, {});
        placeLegend();
    });
    connect(m_hoverFaces, &MapFaces::changed, this, &MapPage::refreshHoverCard);
    connect(m_legend, &MapLegend::hiddenChanged, this, &MapPage::restyle);
    connect(&studio, &Studio::selectionChanged, this, &MapPage::followSelection);
    connect(m_job, &JobStrip::changed, this, [this] { m_job->setVisible(m_job->job() != nullptr); });
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        if (m_columns)
            restyle();
    });
    fillFields();
    refreshVerbs();
}

MapPage::~MapPage() = default;

void MapPage::makeRow(QHBoxLayout &row)
{
    row.setContentsMargins(Theme::space(12), Theme::space(8), Theme::space(12), Theme::space(8));
    row.setSpacing(Theme::space(8));
    const auto combo = [&](QComboBox *box, const char *name, const QString &word, const QString &help, int letters) {
        box->setObjectName(QLatin1String(name));
        box->setAccessibleName(word);
        box->setToolTip(help);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(letters);
    };
    combo(m_map, "mapChooser", tr("Map"), tr("Which map shows: run, fold, method"), 12);
    row.addWidget(m_map, 1);
    m_map->setPlaceholderText(tr("No map yet"));
    combo(m_color, "mapColor", tr("Colour"), tr("What the colours mean"), 10);
    auto *colorWord = new QLabel(tr("Colour"));
    colorWord->setBuddy(m_color);
    row.addWidget(colorWord);
    row.addWidget(m_color);
    combo(m_shape, "mapShape", tr("Shape"), tr("What the shapes of the points mean"), 8);
    auto *shapeWord = new QLabel(tr("Shape"));
    shapeWord->setBuddy(m_shape);
    row.addWidget(shapeWord);
    row.addWidget(m_shape);
    auto *tools = new QButtonGroup(this);
    const auto tool = [&](QToolButton *button, const char *verb, bool checkable) {
        QAction *action = studio().actions().action(QStringLiteral("map.") + QLatin1String(verb));
        button->setObjectName(QStringLiteral("button.map.") + QLatin1String(verb));
        button->setAccessibleName(action->text().remove(QLatin1Char('&')));
        button->setText(action->text().remove(QLatin1Char('&')));
        button->setIcon(action->icon());
        button->setIconSize({Theme::space(20), Theme::space(20)});
        button->setToolTip(action->toolTip());
        button->setCheckable(checkable);
        row.addWidget(button);
    };
    const std::pair<QToolButton *, const char *> ways[] = {
        {m_pan, "pan"}, {m_lasso, "lasso"}, {m_rectangle, "rectangle"}};
    for (const auto &[button, verb] : ways) {
        tool(button, verb, true);
        tools->addButton(button);
    }
    m_pan->setChecked(true);
    tool(m_fit, "fit", false);
    connect(m_fit, &QToolButton::clicked, m_view, &MapView::fit);
    tool(m_contours, "contours", true);
    tool(m_clusters, "clusters", true);
    m_size->setObjectName(QStringLiteral("mapPointSize"));
    m_size->setAccessibleName(tr("Size of the points"));
    m_size->setToolTip(tr("Size of the points"));
    m_size->setRange(50, 300);
    m_size->setValue(100);
    m_size->setFixedWidth(Theme::space(24) * 3);
    row.addWidget(m_size);
    m_make->setObjectName(QStringLiteral("mapMake"));
    m_make->setAccessibleName(tr("Make a map"));
    row.addWidget(m_make);

    connect(m_map, &QComboBox::activated, this, [this] {
        m_followed.clear();
        openMap(m_map->currentData().toString());
    });
    connect(m_color, &QComboBox::currentIndexChanged, this, [this] {
        m_wantedColor = m_color->currentData().toString();
        m_legend->showAll();
        loadColumns();
    });
    connect(m_shape, &QComboBox::currentIndexChanged, this, [this] {
        m_wantedShape = m_shape->currentData().toString();
        loadColumns();
    });
    connect(tools, &QButtonGroup::buttonClicked, this, [this] {
        m_view->setTool(m_lasso->isChecked()       ? MapView::Tool::Lasso
                        : m_rectangle->isChecked() ? MapView::Tool::Rectangle
                                                   : MapView::Tool::Pan);
    });
    connect(m_contours, &QToolButton::toggled, m_view, &MapView::showContours);
    connect(m_clusters, &QToolButton::toggled, this, &MapPage::refreshClusters);
    connect(m_size, &QSlider::valueChanged, this, [this](int percent) { m_view->setPointSize(percent / 100.0); });
    connect(m_make, &QPushButton::clicked, this, &MapPage::makeMap);
}

void MapPage::makeActions()
{
    const auto add = [&](const char *verb, const QString &text, const char *iconName, QList<QKeySequence> keys,
                         const char *menu, const QString &help, std::function<void()> run) {
        ActionSpec spec;
        spec.id = QStringLiteral("map.") + QLatin1String(verb);
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.keys = std::move(keys);
        spec.menu = QLatin1String(menu);
        spec.scope = id();
        spec.help = help;
        return studio().actions().add(spec, this, std::move(run));
    };
    add("pan", tr("&Move the map"), "hand", {QKeySequence(Qt::Key_P)}, "view",
        tr("Dragging moves the map; Space does so with any tool."), [this] { m_pan->click(); });
    add("lasso", tr("&Lasso"), "lasso", {QKeySequence(Qt::Key_L)}, "view",
        tr("Dragging selects what it goes around; Shift adds, Ctrl takes away."), [this] { m_lasso->click(); });
    add("rectangle", tr("&Rectangle"), "rectangle", {QKeySequence(Qt::Key_B)}, "view",
        tr("Dragging selects a rectangle; Shift adds, Ctrl takes away."), [this] { m_rectangle->click(); });
    add("fit", tr("&Whole map"), "fit", {QKeySequence(Qt::Key_F)}, "view", tr("Shows the whole map."),
        [this] { m_view->fit(); });
    add("zoomIn", tr("Zoom &in"), "zoom-in", {QKeySequence(Qt::Key_Plus), QKeySequence(Qt::Key_Equal)}, "view",
        tr("Shows less of the map, larger."), [this] { m_view->zoomBy(1.5); });
    add("zoomOut", tr("Zoom &out"), "zoom-out", {QKeySequence(Qt::Key_Minus)}, "view",
        tr("Shows more of the map, smaller."), [this] { m_view->zoomBy(1 / 1.5); });
    add("contours", tr("Lines of equal &density"), "contours", {QKeySequence(Qt::Key_D)}, "view",
        tr("Draws lines around the densest 10, 30, 50, 70 and 90 % of the faces."), [this] { m_contours->toggle(); });
    add("clusters", tr("&Clusters"), "clusters", {QKeySequence(Qt::Key_C)}, "view",
        tr("Outlines groups that stand out (ToMATo on the density), with their share of flagged faces."),
        [this] { m_clusters->toggle(); });
    add("selectAll", tr("Select all in &sight"), "", {QKeySequence(Qt::CTRL | Qt::Key_A)}, "edit",
        tr("Selects every face of the part of the map that shows."), [this] {
            select(m_view->pointsInSight(), {});
            tellSelection(QRectF(m_view->rect()).center());
        });
    add("gallery", tr("Show in &gallery"), "gallery", {QKeySequence(Qt::Key_G)}, "view",
        tr("Shows the gallery, where the same faces are selected."),
        [this] { studio().showPage(QStringLiteral("gallery")); });
}

void MapPage::makeDrawingActions()
{
    struct Choice
    {
        MapDrawer::Way way;
        QString word, text, help;
    };
    const QList<Choice> choices{
        {MapDrawer::Way::Automatic, QStringLiteral("automatic"), tr("Map drawing: &automatic"),
         tr("OpenGL where a graphics card draws, otherwise the raster.")},
        {MapDrawer::Way::Raster, QStringLiteral("raster"), tr("Map drawing: &raster"),
         tr("Draws on the processor, whatever the computer has.")},
        {MapDrawer::Way::OpenGl, QStringLiteral("opengl"), tr("Map drawing: &OpenGL"),
         tr("Also where the driver computes on the processor, which takes longer than the raster.")}};
    const QString key = QStringLiteral("map/drawing");
    const QString remembered = settings().value(key).toString();
    QList<QAction *> actions;
    for (const Choice &choice : choices) {
        ActionSpec spec;
        spec.id = QStringLiteral("map.drawing.") + choice.word;
        spec.text = choice.text;
        spec.menu = QStringLiteral("view");
        spec.scope = id();
        spec.help = choice.help;
        spec.checkable = true;
        actions << studio().actions().add(spec, this, [this, choice, key](bool) {
            settings().setValue(key, choice.word);
            m_view->drawer().setWay(choice.way);
        });
        if (choice.word == remembered)
            m_view->drawer().setWay(choice.way);
    }
    auto *group = new QActionGroup(this);
    for (int i = 0; i < choices.size(); ++i) {
        group->addAction(actions[i]);
        actions[i]->setChecked(choices[i].way == m_view->drawer().way());
    }
    connect(&m_view->drawer(), &MapDrawer::refused, this,
            [this](const QString &why) { studio().announce(tr("The map is drawn by the raster: %1").arg(why)); });
}

QString MapPage::readOnlyReason() const
{
    return m_session && !m_session->isWritable() ? m_session->readOnlyReason() : QString();
}

void MapPage::setSession(ProjectSession *session)
{
    for (Background *work : {m_lister, m_reader, m_columnReader, m_styling})
        work->stop();
    if (m_session) {
        m_session->disconnect(this);
        m_session->jobs().disconnect(this);
    }
    m_session = session;
    m_listing = {};
    m_hasListing = false;
    m_shown.reset();
    m_columns.reset();
    m_look.reset();
    m_followed.clear();
    m_legend->showAll();
    m_legend->hide();
    m_view->clear();
    m_edits->setSession(session);
    m_faces->setSession(session);
    m_hoverFaces->setSession(session);
    m_job->setQueue(session ? &session->jobs() : nullptr);
    m_job->hide();
    m_map->clear();
    if (session) {
        JobQueue *jobs = &session->jobs();
        connect(session, &ProjectSession::dataChanged, this, [this] {
            list();
            loadColumns();
        });
        connect(jobs, &JobQueue::event, this, &MapPage::jobSaid);
        connect(jobs, &JobQueue::finished, this, &MapPage::jobEnded);
        connect(jobs, &JobQueue::added, this, [this, jobs](const QString &id) {
            if (const JobInfo *job = jobs->job(id); job && job->arguments.value(0) == QLatin1String("embed") &&
                                                    job->arguments.contains(QStringLiteral("--run")))
                followJob(id);
        });
        for (const JobInfo &job : jobs->jobs())
            if (!job.isOver() && job.arguments.value(0) == QLatin1String("embed") &&
                job.arguments.contains(QStringLiteral("--run"))) {
                followJob(job.id);
                break;
            }
        list();
    }
    refreshWords();
    refreshVerbs();
}

void MapPage::entered()
{
    if (m_stack->currentWidget() == m_view)
        m_view->setFocus();
    refreshVerbs();
}

QVariantMap MapPage::state() const
{
    return {{QStringLiteral("map"), m_map->currentData()},
            {QStringLiteral("color"), m_wantedColor},
            {QStringLiteral("shape"), m_wantedShape},
            {QStringLiteral("contours"), m_contours->isChecked()},
            {QStringLiteral("clusters"), m_clusters->isChecked()},
            {QStringLiteral("size"), m_size->value()},
            {QStringLiteral("place"), m_view->place()}};
}

void MapPage::restore(const QVariantMap &state)
{
    m_wantedPath = state.value(QStringLiteral("map")).toString();
    m_wantedColor = state.value(QStringLiteral("color"), m_wantedColor).toString();
    m_wantedShape = state.value(QStringLiteral("shape")).toString();
    m_contours->setChecked(state.value(QStringLiteral("contours")).toBool());
    m_clusters->setChecked(state.value(QStringLiteral("clusters")).toBool());
    m_size->setValue(state.value(QStringLiteral("size"), 100).toInt());
    m_wantedPlace = state.value(QStringLiteral("place")).toRectF();
    if (m_hasListing && !m_wantedPath.isEmpty() && m_map->findData(m_wantedPath) >= 0) {
        m_map->setCurrentIndex(m_map->findData(m_wantedPath));
        openMap(m_wantedPath);
    }
}

bool MapPage::isSettled() const
{
    return m_hasListing && !m_lister->isBusy() && !m_reader->isBusy() && !m_columnReader->isBusy() &&
           !m_styling->isBusy() && m_edits->isSettled() && m_view->isSettled() && !m_hoverFaces->isBusy();
}

void MapPage::pose()
{
    if (m_shown)
        m_contours->setChecked(true);
}

void MapPage::list()
{
    if (!m_session)
        return;
    if (m_lister->isBusy()) {
        m_listsAgain = true;
        return;
    }
    m_listsAgain = false;
    m_lister->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([&](const Project &project) -> Result<Listing> {
                Listing listing;
                for (const RunRow &run : runs(project))
                    if (run.state == "done" && learnedLabels(run))
                        listing.runs << MappableRun{QString::fromStdString(run.id), QString::fromStdString(run.network),
                                                    run.folds};
                if (const auto flagging = currentFlagging(project))
                    listing.flaggedRun = QString::fromStdString(flagging->run);
                for (const MapFacts &map : mapsIn(project.folder()))
                    if (runNamed(project, map.run.toStdString())) // not of a run in the bin
                        listing.maps << map;
                return listing;
            });
        },
        [this](const Result<Listing> &listing) {
            if (listing)
                showListing(*listing);
            if (m_listsAgain)
                list();
        });
}

void MapPage::showListing(const Listing &listing)
{
    m_listing = listing;
    m_hasListing = true;
    const QString before = m_map->currentData().toString();
    {
        const QSignalBlocker quiet(m_map);
        m_map->clear();
        for (const MapFacts &map : m_listing.maps) {
            m_map->addItem(nameOf(map), QString::fromStdString(map.path.string()));
            m_map->setItemData(m_map->count() - 1,
                               tr("Made %1").arg(QLocale().toString(map.madeAt, QLocale::ShortFormat)),
                               Qt::ToolTipRole);
        }
    }
    m_map->setEnabled(m_map->count() > 0);
    refreshVerbs();
    if (!m_followed.isEmpty())
        return; // the map that forms is the one to see
    if (m_listing.maps.isEmpty()) {
        m_shown.reset();
        if (m_listing.runs.isEmpty())
            showNothing(tr("A map shows faces as a network sees them. Train a network first."), tr("Train"),
                        [this] { this->studio().showPage(QStringLiteral("train")); });
        else
            showNothing(tr("There is no map yet. It lays out all faces so that alike ones lie side by side."),
                        tr("Make a map"), [this] { makeMap(); });
        return;
    }
    int index = m_map->findData(m_wantedPath.isEmpty() ? before : m_wantedPath);
    for (int i = 0; i < m_listing.maps.size() && index < 0; ++i) // newest first
        if (m_listing.maps[i].run == m_listing.flaggedRun)
            index = i;
    const QSignalBlocker quiet(m_map);
    m_map->setCurrentIndex(std::max(0, index));
    const QString path = m_map->currentData().toString();
    if (path != before || !m_wantedPath.isEmpty() || (!m_shown && !m_reader->isBusy()))
        openMap(path);
    m_wantedPath.clear();
}

void MapPage::openMap(const QString &path)
{
    m_reader->start(
        [path = std::filesystem::path(path.toStdString())](const Job &) -> Result<std::shared_ptr<const Shown>> {
            auto table = readMap(path);
            if (!table)
                return fail(table.error());
            auto shown = std::make_shared<Shown>();
            shown->table = std::move(*table);
            shown->index = std::make_shared<const MapIndex>(shown->table.layout);
            shown->density = std::make_shared<const MapDensity>(*shown->index);
            shown->samples = std::make_shared<const std::vector<SampleId>>(shown->table.samples);
            return std::shared_ptr<const Shown>(std::move(shown));
        },
        [this](const Result<std::shared_ptr<const Shown>> &shown) {
            if (shown) {
                show(*shown, false);
                return;
            }
            m_shown.reset();
            showNothing(QString::fromStdString(shown.error().message), tr("Make a map"), [this] { makeMap(); });
        });
}

void MapPage::openForming(const QString &path)
{
    if (m_reader->isBusy())
        return; // the next layout comes soon
    m_reader->start(
        [path = std::filesystem::path(path.toStdString())](const Job &) -> Result<std::shared_ptr<const Shown>> {
            auto table = readFormingMap(path);
            if (!table)
                return fail(table.error());
            auto shown = std::make_shared<Shown>();
            shown->table = std::move(*table);
            shown->index = std::make_shared<const MapIndex>(shown->table.layout);
            shown->samples = std::make_shared<const std::vector<SampleId>>(shown->table.samples);
            return std::shared_ptr<const Shown>(std::move(shown));
        },
        [this](const Result<std::shared_ptr<const Shown>> &shown) {
            // A layout is replaced while it is read, and gone once the map is whole; its job tells what goes wrong.
            if (shown && !m_followed.isEmpty())
                show(*shown, true);
        });
}

void MapPage::show(std::shared_ptr<const Shown> shown, bool keepsPlace)
{
    const bool isSame = m_shown && *m_shown->samples == *shown->samples &&
                        m_shown->table.distortion.empty() == shown->table.distortion.empty();
    m_shown = std::move(shown);
    if (m_stack->currentWidget() != m_view && isVisible()) {
        const QWidget *focused = window()->focusWidget();
        m_stack->setCurrentWidget(m_view);
        if (!focused || focused == m_map || m_empty->isAncestorOf(focused))
            m_view->setFocus(); // nobody went elsewhere
    }
    m_stack->setCurrentWidget(m_view);
    m_view->setMap(m_shown->index, m_shown->samples, m_shown->density, keepsPlace);
    const bool keepsLook = isSame && m_columns;
    if (keepsLook) { // while a map forms its colours stay
        m_look = std::make_shared<const MapLook>(lookOf(*m_shown->index, *m_columns, m_palette, m_legend->hidden(),
                                                        selectedPoints(*m_shown->samples, studio().selection())));
        m_view->setLook({m_look, &m_look->styles}, m_palette.colors, !studio().selection().empty());
    }
    if (!m_wantedPlace.isEmpty() && !keepsPlace)
        m_view->setPlace(m_wantedPlace);
    if (!keepsPlace)
        m_wantedPlace = {};
    m_lassoCard->hide();
    if (!keepsLook) {
        m_columns.reset();
        loadColumns();
    }
    refreshWords();
    refreshVerbs();
}

void MapPage::showNothing(const QString &sentence, const QString &button, std::function<void()> act)
{
    m_view->clear();
    m_columns.reset();
    m_look.reset();
    m_legend->hide();
    m_empty->setPicture(QStringLiteral("picture-faces"));
    m_empty->setSentence(sentence);
    m_empty->setButton(button);
    m_emptyAct = std::move(act);
    m_stack->setCurrentWidget(m_empty);
    const QWidget *focused = window()->focusWidget();
    auto *main = m_empty->findChild<QPushButton *>();
    if (main && isVisible() && (!focused || !isAncestorOf(focused)))
        main->setFocus();
    refreshWords();
    refreshVerbs();
}

void MapPage::loadColumns()
{
    if (!m_session || !m_shown)
        return;
    m_columnReader->start(
        [readers = m_session->readers(), shown = m_shown, color = m_wantedColor,
         shape = m_wantedShape](const Job &job) {
            return readers->with(
                [&](const Project &project) { return readMapColumns(project, shown->table, color, shape, job.stop); });
        },
        [this, shown = m_shown](const Result<MapColumns> &columns) {
            if (!columns) {
                studio().showError(
                    tr("The map cannot be coloured: %1").arg(QString::fromStdString(columns.error().message)));
                return;
            }
            m_columns = std::make_shared<const MapColumns>(*columns);
            fillFields();
            restyle();
            refreshWords();
        });
}

void MapPage::fillFields()
{
    QStringList measured;
    if (m_columns)
        for (const std::string &name : m_columns->measured)
            if (!isGivenField(name)) // codes and classes are no amounts
                measured << QString::fromStdString(name);
    const QList<MapField> fields = mapFields(measured);
    const auto fill = [&](QComboBox *box, const QString &wanted, bool isShape) {
        QStringList names, before;
        if (isShape)
            names << QString();
        for (const MapField &field : fields)
            if (!isShape || (!field.isNumber && field.name != QLatin1String("subject")))
                names << field.name;
        for (int i = 0; i < box->count(); ++i)
            before << box->itemData(i).toString();
        const QSignalBlocker quiet(box);
        if (before != names) {
            box->clear();
            for (const QString &name : names)
                box->addItem(name.isEmpty() ? tr("All alike") : mapFieldWord(name), name);
        }
        box->setCurrentIndex(std::max(0, box->findData(wanted)));
    };
    fill(m_color, m_wantedColor, false);
    fill(m_shape, m_wantedShape, true);
}

void MapPage::restyle()
{
    if (!m_columns || !m_shown || !m_session)
        return;
    m_palette = paletteOf(m_columns->color, m_columns->shape, *m_session);
    if (m_styling->isBusy()) {
        m_stylesAgain = true;
        return;
    }
    m_stylesAgain = false;
    m_styling->start(
        [shown = m_shown, columns = m_columns, palette = m_palette, hidden = m_legend->hidden(),
         selection = studio().selection()](const Job &) {
            return lookOf(*shown->index, *columns, palette, hidden, selectedPoints(*shown->samples, selection));
        },
        [this, shown = m_shown, columns = m_columns, palette = m_palette](const MapLook &look) {
            if (shown != m_shown) {
                restyle();
                return;
            }
            m_look = std::make_shared<const MapLook>(look);
            m_view->setLook(std::shared_ptr<const std::vector<PointStyle>>(m_look, &m_look->styles), palette.colors,
                            !studio().selection().empty());
            m_legend->setContent(columns->color, palette, *m_look,
                                 m_wantedShape.isEmpty() ? QString() : mapFieldWord(m_wantedShape));
            m_legend->show();
            m_view->setTaken(m_legend->width() + Theme::space(12));
            placeLegend();
            refreshClusters();
            refreshWords();
            if (m_stylesAgain)
                restyle();
        });
}

void MapPage::placeLegend()
{
    m_legend->setShapesShow(m_view->showsShapes());
    m_legend->move(m_view->width() - m_legend->width() - Theme::space(12), Theme::space(12));
}

void MapPage::refreshClusters()
{
    QStringList words;
    if (m_clusters->isChecked() && m_shown && m_shown->density && m_columns) {
        const MapColumn &flag = m_columns->flag;
        const qsizetype open = flag.names.indexOf(QStringLiteral("open"));
        for (const MapDensity::Cluster &cluster : m_shown->density->clusters()) {
            const auto flagged = std::count_if(cluster.points.begin(), cluster.points.end(), [&](std::uint32_t point) {
                return open >= 0 && !flag.codes.empty() && flag.codes[point] == open;
            });
            words << tr("%1 · %2 % flagged")
                         .arg(QLocale().toString(qint64(cluster.points.size())))
                         .arg(std::round(100.0 * double(flagged) / double(cluster.points.size())));
        }
    }
    m_view->showClusters(words);
}

void MapPage::refreshWords()
{
    const QLocale locale;
    QString text;
    if (m_shown && m_stack->currentWidget() == m_view) {
        const MapFacts &facts = m_shown->table.facts;
        if (m_shown->table.iteration >= 0) {
            text =
                tr("%1 faces, all drawn · the map forms: iteration %2")
                    .arg(locale.toString(qint64(m_shown->samples->size())), locale.toString(m_shown->table.iteration));
        } else {
            QStringList parts{tr("%1 faces, all drawn").arg(locale.toString(facts.samples))};
            if (facts.trustworthiness)
                parts << tr("trustworthiness %1: %2")
                             .arg(numberText(*facts.trustworthiness), faithWords(*facts.trustworthiness));
            if (facts.continuity)
                parts << tr("continuity %1").arg(numberText(*facts.continuity));
            if (facts.kl)
                parts << tr("KL %1").arg(numberText(*facts.kl));
            if (facts.daviesBouldin && facts.calinskiHarabasz)
                parts << tr("classes apart: Davies–Bouldin %1, Calinski–Harabasz %2")
                             .arg(numberText(*facts.daviesBouldin), numberText(*facts.calinskiHarabasz, 0));
            if (m_look && m_look->hidden > 0)
                parts << tr("%1 hidden by the legend").arg(locale.toString(m_look->hidden));
            if (m_columns && m_columns->notOnMap > 0)
                parts << tr("%1 came after the map").arg(locale.toString(m_columns->notOnMap));
            if (m_look && m_look->gone > 0)
                parts << tr("%1 are no longer in the project").arg(locale.toString(m_look->gone));
            text = parts.join(QStringLiteral(" · "));
        }
    }
    m_words->setText(text);
    m_words->setVisible(!text.isEmpty());
    m_words->setToolTip(tr("Trustworthiness: how many neighbours on the map are neighbours in the network's space; "
                           "continuity: the other way round; both at most 1. KL: what t-SNE makes small. "
                           "Davies–Bouldin: small where classes lie apart; Calinski–Harabasz: large."));
}

void MapPage::refreshVerbs()
{
    ActionRegistry &actions = studio().actions();
    const bool hasMap = m_shown && m_stack->currentWidget() == m_view;
    const QString noMap = hasMap ? QString() : tr("There is no map to look at.");
    for (const char *verb :
         {"pan", "lasso", "rectangle", "fit", "zoomIn", "zoomOut", "contours", "clusters", "selectAll"})
        actions.setDisabledReason(QStringLiteral("map.") + QLatin1String(verb), noMap);
    for (QWidget *control : std::initializer_list<QWidget *>{m_pan, m_lasso, m_rectangle, m_fit, m_contours, m_clusters,
                                                             m_size, m_color, m_shape})
        control->setEnabled(hasMap);
    const QString noNew =
        m_listing.runs.isEmpty() ? tr("There is no finished run to make a map of.") : readOnlyReason();
    m_make->setEnabled(noNew.isEmpty());
    m_make->setToolTip(noNew.isEmpty() ? tr("Lays out all faces as one network sees them") : noNew);
    Theme::mark(m_make, "primary", hasMap && noNew.isEmpty()); // else the empty state's button is the one to press
    const auto selected = qint64(studio().selection().size());
    m_count->setText(selected > 0 ? tr("%Ln face(s) selected", nullptr, int(selected)) : QString());
    m_bar->refresh(selected, readOnlyReason());
}

void MapPage::makeMap()
{
    if (!m_session || m_listing.runs.isEmpty())
        return;
    if (const QString reason = readOnlyReason(); !reason.isEmpty()) {
        studio().announce(reason);
        return;
    }
    auto *choice = new MapChoice(
        m_listing.runs, m_listing.flaggedRun.isEmpty() ? m_listing.runs.back().id : m_listing.flaggedRun, this);
    choice->setAttribute(Qt::WA_DeleteOnClose);
    connect(choice, &QDialog::accepted, this, [this, choice] {
        if (m_session)
            followJob(m_session->jobs().start(choice->title(), choice->arguments()));
    });
    choice->open();
}

void MapPage::followJob(const QString &id)
{
    m_followed = id;
    m_job->follow(id);
    m_job->show();
}

void MapPage::jobSaid(const QString &id, const QJsonObject &line)
{
    if (id == m_followed && line.value(QLatin1String("event")).toString() == QLatin1String("layout"))
        openForming(line.value(QLatin1String("path")).toString());
}

void MapPage::jobEnded(const QString &id)
{
    if (id != m_followed)
        return;
    m_followed.clear();
    const JobInfo *job = m_session ? m_session->jobs().job(id) : nullptr;
    if (job && (job->state == JobState::Done || job->state == JobState::DoneWithSkips)) {
        m_wantedPath = job->result.value(QLatin1String("embedding")).toString();
        m_job->follow({});
        m_job->hide();
    }
    m_reader->stop(); // a layout of it
    m_shown.reset();  // a map that was stopped half way is none
    list();
}

void MapPage::select(const std::vector<std::uint32_t> &points, Qt::KeyboardModifiers modifiers)
{
    if (!m_shown)
        return;
    std::vector<SampleId> chosen;
    chosen.reserve(points.size());
    for (const std::uint32_t point : points)
        chosen.push_back((*m_shown->samples)[point]);
    std::sort(chosen.begin(), chosen.end());
    const std::vector<SampleId> &before = studio().selection();
    std::vector<SampleId> after;
    if (modifiers & Qt::ControlModifier)
        std::set_difference(before.begin(), before.end(), chosen.begin(), chosen.end(), std::back_inserter(after));
    else if (modifiers & Qt::ShiftModifier)
        std::set_union(before.begin(), before.end(), chosen.begin(), chosen.end(), std::back_inserter(after));
    else
        after = std::move(chosen);
    studio().setSelection(std::move(after));
}

void MapPage::followSelection()
{
    m_lassoCard->hide();
    m_edits->selectionChanged();
    refreshVerbs();
    restyle();
}

void MapPage::tellSelection(const QPointF &where)
{
    const std::vector<SampleId> &selection = studio().selection();
    if (!m_columns || !m_shown || selection.empty())
        return;
    const MapColumn &label = m_columns->label, &flag = m_columns->flag, &subject = m_columns->subject;
    const qsizetype open = flag.names.indexOf(QStringLiteral("open"));
    std::map<std::int32_t, qint64> byLabel;
    std::vector<std::uint8_t> subjects(std::size_t(subject.names.size()), 0);
    qint64 flagged = 0;
    for (std::size_t point = 0; point < m_shown->samples->size(); ++point) {
        if (!std::binary_search(selection.begin(), selection.end(), (*m_shown->samples)[point]))
            continue;
        if (!label.codes.empty())
            ++byLabel[label.codes[point]];
        if (open >= 0 && flag.codes[point] == open)
            ++flagged;
        if (!subject.codes.empty() && subject.codes[point] >= 0)
            subjects[std::size_t(subject.codes[point])] = 1;
    }
    std::vector<std::pair<qint64, std::int32_t>> largest;
    for (const auto &[code, count] : byLabel)
        largest.emplace_back(-count, code);
    std::sort(largest.begin(), largest.end());
    const QLocale locale;
    QStringList labels;
    for (const auto &[count, code] : largest) {
        if (labels.size() == 4)
            break;
        const ExpressionClass *known = code >= 0 ? m_session->classNamed(label.names[code]) : nullptr;
        const QString word = code < 0 ? QStringLiteral("--")
                             : known  ? Theme::instance().look(*known).code
                                      : label.names[code];
        labels << QStringLiteral("%1 %2").arg(word, locale.toString(-count));
    }
    QStringList lines{tr("%Ln face(s) selected", nullptr, int(selection.size()))};
    if (!labels.isEmpty())
        lines << tr("label now: %1").arg(labels.join(QStringLiteral(", ")));
    lines << tr("flagged: %1").arg(locale.toString(flagged));
    if (!subjects.empty())
        lines << tr("subjects: %1").arg(locale.toString(qint64(std::count(subjects.begin(), subjects.end(), 1))));
    m_lassoWords->setText(lines.join(QLatin1Char('\n')));
    studio().announce(lines.join(QStringLiteral(", ")));
    placeCard(*m_lassoCard, where);
}

void MapPage::placeCard(QFrame &card, const QPointF &where) const
{
    card.adjustSize();
    const int gap = Theme::space(16);
    QPoint at = where.toPoint() + QPoint(gap, gap);
    if (at.x() + card.width() > m_view->width())
        at.setX(where.toPoint().x() - gap - card.width());
    if (at.y() + card.height() > m_view->height())
        at.setY(where.toPoint().y() - gap - card.height());
    card.move(std::max(0, at.x()), std::max(0, at.y()));
    card.raise();
    card.show();
}

void MapPage::hover(std::optional<std::uint32_t> point, const QPointF &where)
{
    m_hoveredAt = where;
    if (point == m_hovered)
        return;
    m_hovered = m_shown ? point : std::nullopt;
    if (!m_hovered) {
        m_hoverCard->hide();
        return;
    }
    m_hoverFaces->want({(*m_shown->samples)[*m_hovered]}, int(kHoverSide * devicePixelRatioF()));
    refreshHoverCard();
}

void MapPage::refreshHoverCard()
{
    if (!m_hovered || !m_shown || !m_session || *m_hovered >= m_shown->samples->size())
        return;
    const SampleId sample = (*m_shown->samples)[*m_hovered];
    const SampleRow *row = m_hoverFaces->row(sample);
    if (!row)
        return; // told when it is there
    QStringList lines{m_session->displayName(row->label.value_or(ClassId{}))};
    if (row->given != row->label)
        lines << tr("given: %1").arg(m_session->displayName(row->given.value_or(ClassId{})));
    if (row->predicted)
        lines << tr("predicted: %1").arg(m_session->displayName(*row->predicted));
    if (row->scored)
        lines << tr("suspicion %1").arg(numberText(row->suspicion));
    if (row->flag == FlagState::Open)
        lines << tr("flagged");
    if (row->excluded)
        lines << tr("excluded");
    if (*m_hovered < m_shown->table.distortion.size())
        lines << tr("distortion here %1").arg(numberText(double(m_shown->table.distortion[*m_hovered])));
    m_hoverWords->setText(lines.join(QLatin1Char('\n')));
    const double ratio = devicePixelRatioF();
    if (const QImage *face = m_hoverFaces->picture(sample, int(kHoverSide * ratio)); face && !face->isNull()) {
        QPixmap pixmap = QPixmap::fromImage(
            face->scaled(QSize(kHoverSide, kHoverSide) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        pixmap.setDevicePixelRatio(ratio);
        m_hoverPicture->setPixmap(pixmap);
        m_hoverPicture->show();
    } else {
        m_hoverPicture->hide();
    }
    placeCard(*m_hoverCard, m_hoveredAt);
}

} // namespace mien
