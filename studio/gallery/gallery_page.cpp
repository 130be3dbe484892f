#include "studio/gallery/gallery_page.h"

#include "studio/common/action_registry.h"
#include "studio/common/background.h"
#include "studio/common/empty_state.h"
#include "studio/common/face_images.h"
#include "studio/common/filter_field.h"
#include "studio/common/icons.h"
#include "studio/common/project_session.h"
#include "studio/common/recent_projects.h"
#include "studio/common/sample_list_model.h"
#include "studio/common/theme.h"
#include "studio/common/thumbnail_loader.h"
#include "studio/gallery/gallery_accessible.h"
#include "studio/gallery/gallery_view.h"
#include "studio/gallery/order_choice.h"
#include "studio/gallery/selection_bar.h"
#include "studio/gallery/selection_edits.h"
#include "studio/gallery/value_panel.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>

#include <algorithm>

namespace mien {

GalleryPage::GalleryPage(Studio &studio)
    : Page(studio, QStringLiteral("gallery"))
    , m_model(new SampleListModel(this))
    , m_counts(new Background(this))
    , m_faces(new Background(this))
    , m_views(new ViewList)
    , m_filter(new FilterField)
    , m_problem(new QLabel)
    , m_order(new OrderChoice)
    , m_sections(new QToolButton)
    , m_histogram(new QToolButton)
    , m_values(new ValuePanel)
    , m_size(new QSlider(Qt::Horizontal))
    , m_review(new QPushButton)
    , m_stack(new QStackedWidget)
    , m_view(new GalleryView)
    , m_edits(new SelectionEdits(
          studio, [this] { return m_view->selectedIds(); }, this))
    , m_count(new QLabel)
{
    installGalleryAccessibility();
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);

    auto *row = new QHBoxLayout;
    row->setContentsMargins(Theme::space(12), Theme::space(8), Theme::space(12), Theme::space(8));
    row->setSpacing(Theme::space(8));
    m_filter->setObjectName(QStringLiteral("galleryFilter"));
    row->addWidget(m_filter, 1);
    m_order->setObjectName(QStringLiteral("gallerySort"));
    m_order->setAccessibleName(tr("Order"));
    m_order->setToolTip(tr("Order of the faces"));
    row->addWidget(m_order);
    m_sections->setObjectName(QStringLiteral("gallerySections"));
    m_sections->setAccessibleName(tr("Sections by label"));
    m_sections->setToolTip(tr("Sections by label"));
    m_sections->setIcon(icon(QStringLiteral("sections")));
    m_sections->setIconSize({Theme::space(20), Theme::space(20)});
    m_sections->setCheckable(true);
    row->addWidget(m_sections);
    m_histogram->setObjectName(QStringLiteral("galleryHistogram"));
    m_histogram->setAccessibleName(tr("Histogram of a value"));
    m_histogram->setToolTip(tr("Histogram of a value: a range of it narrows the filter"));
    m_histogram->setIcon(icon(QStringLiteral("histogram")));
    m_histogram->setIconSize({Theme::space(20), Theme::space(20)});
    m_histogram->setCheckable(true);
    row->addWidget(m_histogram);
    m_size->setObjectName(QStringLiteral("gallerySize"));
    m_size->setAccessibleName(tr("Size of the faces"));
    m_size->setToolTip(tr("Size of the faces"));
    m_size->setRange(32, 256);
    m_size->setValue(m_view->cellSide());
    m_size->setFixedWidth(Theme::space(24) * 5);
    row->addWidget(m_size);
    m_review->setObjectName(QStringLiteral("galleryReview"));
    m_review->setProperty("primary", true);
    m_review->setText(tr("Review"));
    m_review->setAccessibleName(tr("Review these faces"));
    row->addWidget(m_review);
    outer->addLayout(row);
    m_problem->setObjectName(QStringLiteral("galleryProblem"));
    m_problem->setProperty("danger", true);
    m_problem->setWordWrap(true);
    m_problem->setContentsMargins(Theme::space(12), 0, Theme::space(12), Theme::space(8));
    m_problem->hide();
    outer->addWidget(m_problem);
    auto *line = new QFrame;
    line->setProperty("line", true);
    outer->addWidget(line);

    auto *split = new QSplitter;
    split->setObjectName(QStringLiteral("gallerySplit"));
    split->setHandleWidth(1);
    auto *left = new QWidget;
    auto *leftColumn = new QVBoxLayout(left);
    leftColumn->setContentsMargins(0, 0, 0, 0);
    leftColumn->setSpacing(0);
    leftColumn->addWidget(m_views, 1);
    leftColumn->addWidget(m_values);
    m_values->hide();
    split->addWidget(left);
    m_view->setObjectName(QStringLiteral("galleryView"));
    m_view->setAccessibleName(tr("Faces"));
    m_view->setModel(m_model);
    m_empty = new EmptyState(QStringLiteral("picture-faces"), tr("There is nothing in this project yet."),
                             tr("Import a data set"));
    m_stack->addWidget(m_view);
    m_stack->addWidget(m_empty);
    split->addWidget(m_stack);
    split->setStretchFactor(0, 0);
    split->setStretchFactor(1, 1);
    split->setSizes({Theme::space(24) * 7, 10000});
    outer->addWidget(split, 1);

    auto *below = new QFrame;
    below->setProperty("line", true);
    outer->addWidget(below);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(Theme::space(12), Theme::space(4), Theme::space(12), Theme::space(4));
    bar->setSpacing(Theme::space(4));
    m_count->setObjectName(QStringLiteral("galleryCount"));
    Theme::setType(m_count, Theme::Type::Secondary);
    bar->addWidget(m_count, 1);
    makeActions();
    m_bar = new SelectionBar(studio, this->id(), tr("Selected in the gallery"), *m_edits);
    bar->addWidget(m_bar);
    outer->addLayout(bar);

    connect(m_filter, &FilterField::filterChosen, this, &GalleryPage::applyQuery);
    connect(m_filter, &FilterField::left, m_view, [this] { m_view->setFocus(Qt::TabFocusReason); });
    connect(m_filter, &FilterField::problemChanged, this, [this](const QString &message) {
        m_problem->setText(message);
        m_problem->setVisible(!message.isEmpty());
    });
    connect(m_order, &OrderChoice::orderChosen, this, &GalleryPage::applyQuery);
    connect(m_sections, &QToolButton::toggled, this, &GalleryPage::applyQuery);
    connect(m_histogram, &QToolButton::toggled, m_values, &QWidget::setVisible);
    connect(m_values, &ValuePanel::filterChosen, m_filter, &FilterField::setFilter);
    connect(m_values, &ValuePanel::selectionWanted, this, [this] {
        if (m_model->isBusy()) // the list follows the range
            connect(m_model, &SampleListModel::queried, this, &GalleryPage::selectAll, Qt::SingleShotConnection);
        else
            selectAll();
    });
    connect(m_size, &QSlider::valueChanged, m_view, &GalleryView::setCellSide);
    connect(m_view, &GalleryView::cellSideChanged, m_size, &QSlider::setValue);
    connect(m_view, &GalleryView::selectionChanged, this, [this] {
        m_edits->selectionChanged();
        refreshSelection();
        if (!m_isFollowing)
            this->studio().setSelection(m_view->selectedIds());
    });
    connect(&studio, &Studio::selectionChanged, this, &GalleryPage::followSelection);
    connect(m_view, &GalleryView::currentChanged, this, [this](int at) {
        this->studio().setCurrentSample(at >= 0 && at < m_model->rowCount() ? m_model->idAt(at) : SampleId{});
    });
    connect(m_view, &GalleryView::activated, this, [this](int at) {
        // The queue is the list from here on, so that the next key goes on with the neighbour.
        if (!this->studio().hasPage(QStringLiteral("review")))
            return;
        constexpr int most = 2000;
        const int end = std::min(m_model->rowCount(), at + most);
        QueueRequest request;
        request.title = tr("From the gallery");
        for (int i = at; i < end; ++i)
            request.samples.push_back(m_model->idAt(i));
        this->studio().openQueue(request);
    });
    connect(m_model, &SampleListModel::failed, m_filter, &FilterField::setProblem);
    connect(m_model, &SampleListModel::queried, this, [this] {
        refreshEmptyState();
        refreshSelection();
        refreshCounts();
        rememberFaces();
        showWanted();
    });
    connect(&studio, &Studio::sampleRequested, this, &GalleryPage::showSample);
    connect(&studio, &Studio::filterRequested, m_filter, &FilterField::setFilter);
    connect(&m_view->thumbnails(), &ThumbnailLoader::loaded, this, &GalleryPage::rememberFaces);
    connect(m_review, &QPushButton::clicked, this, &GalleryPage::openQueue);
    connect(m_empty, &EmptyState::clicked, this, [this] {
        if (m_total > 0)
            m_filter->setFilter({});
        else
            this->studio().showPage(QStringLiteral("import"));
    });
    connect(m_views, &ViewList::chosen, this, &GalleryPage::showView);
    connect(m_views, &ViewList::failed, this, [this](const QString &message) { this->studio().showError(message); });
    connect(m_views, &ViewList::markedChanged, this, &GalleryPage::refreshViewVerbs);
    m_review->setVisible(studio.hasPage(QStringLiteral("review")));
    refreshSelection();
}

GalleryPage::~GalleryPage() = default;

QString GalleryPage::readOnlyReason() const
{
    return m_session && !m_session->isWritable() ? m_session->readOnlyReason() : QString();
}

void GalleryPage::setSession(ProjectSession *session)
{
    m_counts->stop();
    m_faces->stop();
    m_session = session;
    m_edits->setSession(session);
    m_total = -1;
    m_stripRemembered = false;
    m_images.reset();
    m_view->thumbnails().setImages({});
    m_filter->setSession(session);
    m_order->setSession(session);
    if (session) {
        m_images = std::make_shared<FaceImages>(session->folder().toStdString());
        m_view->thumbnails().setImages(m_images);
        connect(session, &ProjectSession::picturesMade, this, &GalleryPage::reloadPictures);
        connect(session, &ProjectSession::dataChanged, this, [this] {
            reloadPictures();
            m_filter->setClasses(m_session->classes());
        });
    }
    m_views->setSession(session);
    m_values->setSession(session);
    m_model->setSession(session);
    refreshSelection();
}

void GalleryPage::reloadPictures()
{
    m_images->reload();
    m_view->thumbnails().forgetMissing();
    m_view->viewport()->update(); // asks for those that show
}

void GalleryPage::entered()
{
    const int row = m_view->currentRow();
    if (row >= 0 && row < m_model->rowCount())
        studio().setCurrentSample(m_model->idAt(row));
    m_review->setVisible(studio().hasPage(QStringLiteral("review")));
    m_view->setFocus(); // a focus proxy would hide the page's other controls from Tab
    followSelection();
    refreshSelection();
}

QVariantMap GalleryPage::state() const
{
    return {{QStringLiteral("filter"), m_filter->filter()},
            {QStringLiteral("sort"), OrderChoice::textOf(m_order->order())},
            {QStringLiteral("sections"), m_sections->isChecked()},
            {QStringLiteral("side"), m_view->cellSide()},
            {QStringLiteral("histogram"), m_histogram->isChecked()},
            {QStringLiteral("value"), m_values->field()},
            {QStringLiteral("first"), m_view->firstVisibleRow()},
            {QStringLiteral("current"), m_view->currentRow()}};
}

void GalleryPage::restore(const QVariantMap &state)
{
    const QSignalBlocker quietOrder(m_order), quietSections(m_sections), quietFilter(m_filter);
    m_order->setOrder(OrderChoice::orderOf(state.value(QStringLiteral("sort")).toString()));
    m_sections->setChecked(state.value(QStringLiteral("sections")).toBool());
    m_filter->setFilter(state.value(QStringLiteral("filter")).toString());
    m_values->setField(state.value(QStringLiteral("value")).toString());
    m_histogram->setChecked(state.value(QStringLiteral("histogram")).toBool());
    m_view->setCellSide(state.value(QStringLiteral("side"), m_view->cellSide()).toInt());
    applyQuery();
    const int first = state.value(QStringLiteral("first"), -1).toInt(),
              current = state.value(QStringLiteral("current"), -1).toInt();
    connect(
        m_model, &SampleListModel::queried, this,
        [this, first, current] {
            if (current >= 0 && current < m_model->rowCount())
                m_view->setCurrentRow(current);
            if (first >= 0)
                m_view->scrollToRow(first, true);
        },
        Qt::SingleShotConnection);
}

void GalleryPage::pose()
{
    if (m_view->currentRow() < 0)
        m_view->setCurrentRow(std::min(13, m_model->rowCount() - 1));
}

bool GalleryPage::isSettled() const
{
    return m_total >= 0 && !m_counts->isBusy() && m_views->isSettled() && m_values->isSettled() &&
           m_order->isSettled() && m_edits->isSettled() && m_view->isSettled();
}

void GalleryPage::applyQuery()
{
    m_model->setQuery({m_filter->filter(), m_order->order(), m_sections->isChecked()});
    m_views->setShown(shownView());
    m_values->setFilter(m_filter->filter());
    m_filter->setProblem({});
}

ViewList::View GalleryPage::shownView() const
{
    const SampleOrder order = m_order->order();
    return {m_filter->filter(), QString::fromStdString(order.key), order.descending};
}

void GalleryPage::showView(const ViewList::View &view)
{
    if (!view.sortKey.isEmpty()) {
        const QSignalBlocker quiet(m_order); // one query for both
        m_order->setOrder({view.sortKey.toStdString(), view.descending});
    }
    if (m_filter->filter() == view.filter)
        applyQuery();
    else
        m_filter->setFilter(view.filter);
}

void GalleryPage::refreshViewVerbs()
{
    ActionRegistry &actions = studio().actions();
    actions.setDisabledReason(QStringLiteral("gallery.saveView"), readOnlyReason());
    const QString reason = m_views->savedName().isEmpty() ? tr("Choose a saved view first.") : readOnlyReason();
    actions.setDisabledReason(QStringLiteral("gallery.renameView"), reason);
    actions.setDisabledReason(QStringLiteral("gallery.removeView"), reason);
}

void GalleryPage::refreshCounts()
{
    if (!m_session)
        return;
    m_counts->start(
        [readers = m_session->readers()](const Job &) {
            return readers->with([](const Project &project) { return countMatching(project, ""); });
        },
        [this](const Result<std::int64_t> &count) {
            if (count)
                m_total = *count;
            refreshEmptyState();
            refreshSelection();
        });
}

void GalleryPage::refreshEmptyState()
{
    const bool empty = m_model->rowCount() == 0 && m_total >= 0;
    m_stack->setCurrentWidget(empty ? static_cast<QWidget *>(m_empty) : m_view);
    if (m_total > 0) {
        m_empty->setPicture(QStringLiteral("picture-nothing"));
        m_empty->setSentence(tr("No face matches this filter."));
        m_empty->setButton(tr("Show all %1").arg(QLocale().toString(m_total)));
    } else {
        m_empty->setPicture(QStringLiteral("picture-faces"));
        m_empty->setSentence(tr("There is nothing in this project yet."));
        m_empty->setButton(studio().hasPage(QStringLiteral("import")) ? tr("Import a data set") : QString());
    }
}

void GalleryPage::refreshSelection()
{
    const QLocale locale;
    const qint64 selected = m_view->selection().count();
    QString text = m_total >= 0 && m_model->rowCount() != m_total
                       ? tr("%1 of %2 faces").arg(locale.toString(m_model->rowCount()), locale.toString(m_total))
                       : tr("%Ln face(s)", nullptr, m_model->rowCount());
    if (selected > 0)
        text += tr(" · %1 selected").arg(locale.toString(selected));
    m_count->setText(text);
    m_review->setEnabled(m_model->rowCount() > 0);
    Theme::mark(m_review, "primary", m_review->isEnabled()); // else the empty state's button is the one to press
    m_review->setToolTip(m_review->isEnabled() ? tr("Review these faces in this order")
                                               : tr("There is no face to review here."));
    m_bar->refresh(selected, readOnlyReason());
}

void GalleryPage::makeActions()
{
    ActionRegistry &actions = studio().actions();
    const auto add = [&](const char *id, const QString &text, const char *iconName, QList<QKeySequence> keys,
                         const char *menu, const QString &help, std::function<void()> run) {
        ActionSpec spec;
        spec.id = QStringLiteral("gallery.") + QLatin1String(id);
        spec.text = text;
        spec.icon = QLatin1String(iconName);
        spec.keys = std::move(keys);
        spec.menu = QLatin1String(menu);
        spec.scope = this->id();
        spec.help = help;
        return actions.add(spec, this, std::move(run));
    };
    add("filter", tr("&Filter"), "filter", {QKeySequence(Qt::CTRL | Qt::Key_F), QKeySequence(Qt::Key_Slash)}, "edit",
        tr("Goes to the filter field."), [this] {
            m_filter->setFocus();
            m_filter->selectAll();
        });
    add("selectAll", tr("Select &all"), "", {QKeySequence(Qt::CTRL | Qt::Key_A)}, "edit",
        tr("Selects every face of the list."), [this] { selectAll(); });
    add("larger", tr("&Larger faces"), "zoom-in",
        {QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)}, "view",
        tr("Makes the faces larger."), [this] { m_view->setCellSide(m_view->cellSide() + 16); });
    add("smaller", tr("S&maller faces"), "zoom-out", {QKeySequence(Qt::CTRL | Qt::Key_Minus)}, "view",
        tr("Makes the faces smaller."), [this] { m_view->setCellSide(m_view->cellSide() - 16); });
    add("sections", tr("&Sections by label"), "sections", {QKeySequence(Qt::CTRL | Qt::Key_G)}, "view",
        tr("Groups the faces by their current label."), [this] { m_sections->toggle(); });
    add("histogram", tr("&Histogram of a value"), "histogram", {QKeySequence(Qt::Key_H)}, "view",
        tr("Shows how sharpness, pose and other values are spread; a range of them narrows the filter."),
        [this] { m_histogram->toggle(); });
    add("play", tr("&Play the moment"), "play", {QKeySequence(Qt::Key_V)}, "view",
        tr("Shows the source of the face in the inspector, and plays the two seconds around a face from a video."),
        [this] {
            if (studio().currentSample())
                studio().playMoment();
            else
                studio().announce(tr("Select faces first."));
        });
    add("saveView", tr("Save this &view…"), "save", {}, "view",
        tr("Keeps the filter and the order under a name at the left."), [this] { m_views->save(shownView()); });
    add("renameView", tr("Re&name view…"), "label", {}, "view", tr("Gives the saved view that is shown another name."),
        [this] { m_views->rename(); });
    add("removeView", tr("Re&move view"), "delete", {}, "view",
        tr("Removes the saved view that is shown; no face changes."), [this] { m_views->removeSaved(); });
    add("look", tr("Show &attention"), "attention", {QKeySequence(Qt::SHIFT | Qt::Key_A)}, "go",
        tr("Where the networks look in the selected faces, or in all of the list from this one on."),
        [this] { studio().openAttention(shownFaces()); });
}

QueueRequest GalleryPage::shownFaces() const
{
    const std::vector<SampleId> selected = m_view->selectedIds();
    if (selected.size() > 1)
        return {tr("Selected in the gallery"), selected, {}};
    return {m_filter->filter().isEmpty() ? tr("All faces") : m_filter->filter(), m_model->ids(), {}};
}

void GalleryPage::selectAll()
{
    if (m_model->rowCount() == 0)
        return;
    RangeSelection all;
    all.add(0, m_model->rowCount() - 1);
    m_view->setSelection(all);
}

void GalleryPage::followSelection()
{
    const std::vector<SampleId> &wanted = studio().selection();
    RangeSelection rows;
    const std::vector<SampleId> &ids = m_model->ids();
    for (std::size_t row = 0; row < ids.size() && !wanted.empty(); ++row)
        if (std::binary_search(wanted.begin(), wanted.end(), ids[row]))
            rows.add(std::int64_t(row), std::int64_t(row));
    if (rows == m_view->selection())
        return;
    m_isFollowing = true;
    m_view->setSelection(rows);
    m_isFollowing = false;
}

void GalleryPage::openQueue()
{
    studio().openQueue(shownFaces());
}

void GalleryPage::showSample(SampleId sample)
{
    m_wanted = sample;
    if (m_model->isBusy())
        return; // the answer shows it
    if (m_model->rowOf(sample) < 0 && !m_filter->filter().isEmpty())
        m_filter->setFilter({}); // the filter hides it
    else
        showWanted();
}

void GalleryPage::showWanted()
{
    if (!m_wanted)
        return;
    const int row = m_model->rowOf(m_wanted);
    if (row < 0 && !m_filter->filter().isEmpty()) {
        m_filter->setFilter({});
        return;
    }
    m_wanted = {};
    if (row >= 0)
        m_view->setCurrentRow(row);
}

void GalleryPage::rememberFaces()
{
    // Eight faces for the start page, taken from what is on the screen anyway.
    if (m_stripRemembered || !m_session || m_model->rowCount() < 1 || !m_model->query().filter.isEmpty())
        return;
    constexpr int side = 96;
    const int count = std::min(8, m_model->rowCount());
    QImage strip(side * count, side, QImage::Format_RGB32);
    strip.fill(Qt::black);
    QPainter painter(&strip);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (int i = 0; i < count; ++i) {
        const QImage *face = nullptr;
        for (const int size : {96, 192, 384}) {
            if (!face)
                face = m_view->thumbnails().find(m_model->idAt(i), size);
        }
        if (!face)
            return;
        painter.drawImage(QRect(i * side, 0, side, side), *face);
    }
    painter.end();
    m_stripRemembered = true;
    m_faces->start(
        [strip, folder = m_session->folder()](const Job &) {
            rememberStrip(folder, strip);
            return true;
        },
        [](bool) {});
}

} // namespace mien
