#include "studio/map/map_view.h"

#include "studio/common/theme.h"
#include "studio/map/map_faces.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QTimer>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien {

namespace {

constexpr double kMargin = 24;  // logical pixels around a map that is fitted
constexpr double kReachPx = 10; // of the pointer
constexpr int kMostFaces = 400; // in sight, before points become faces
constexpr int kLeastFacePx = 28, kMostFacePx = 96;
constexpr double kDragPx = 4; // less is a click
constexpr int kFacesPauseMs = 80;

} // namespace

MapView::MapView(MapFaces &faces, QWidget *parent)
    : QWidget(parent)
    , m_faces(faces)
    , m_drawer(new MapDrawer(this))
    , m_soon(new QTimer(this))
    , m_facesPause(new QTimer(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(Theme::space(24) * 8, Theme::space(24) * 6);
    m_facesPause->setSingleShot(true);
    m_facesPause->setInterval(kFacesPauseMs);
    connect(m_facesPause, &QTimer::timeout, this, &MapView::wantFaces);
    m_soon->setSingleShot(true);
    m_soon->setInterval(0);
    connect(m_soon, &QTimer::timeout, this, [this] {
        if (!m_drawer->isBusy()) // a pan must not throw away each picture before it is done
            draw();
    });
    connect(m_drawer, &MapDrawer::wayChanged, this, &MapView::change);
    connect(&m_faces, &MapFaces::changed, this, qOverload<>(&QWidget::update));
}

MapView::~MapView() = default;

void MapView::setMap(std::shared_ptr<const MapIndex> index, std::shared_ptr<const std::vector<SampleId>> samples,
                     std::shared_ptr<const MapDensity> density, bool keepsPlace)
{
    m_index = std::move(index);
    m_samples = std::move(samples);
    m_density = std::move(density);
    m_styles.reset();
    m_clusterWords.clear();
    if (keepsPlace && !m_isFitted)
        change();
    else
        fit();
}

void MapView::clear()
{
    m_index.reset();
    m_samples.reset();
    m_density.reset();
    m_styles.reset();
    m_drawn = {};
    m_close.clear();
    m_clusterWords.clear();
    m_line.clear();
    m_isFitted = true;
    update();
}

void MapView::setLook(std::shared_ptr<const std::vector<PointStyle>> styles, std::vector<QRgb> palette, bool dimsOthers)
{
    m_styles = std::move(styles);
    m_palette = std::move(palette);
    m_dimsOthers = dimsOthers;
    change();
}

void MapView::setTool(Tool tool)
{
    m_tool = tool;
    showCursor();
}

void MapView::setPointSize(double times)
{
    m_pointSize = times;
    change();
}

void MapView::showContours(bool shows)
{
    m_showsContours = shows;
    update();
}

void MapView::showClusters(QStringList words)
{
    m_clusterWords = std::move(words);
    update();
}

void MapView::fit()
{
    if (m_index) {
        const QRectF all = m_index->bounds();
        const int taken = m_takenPx < width() / 3 ? m_takenPx : 0; // a small widget has no room to spare
        m_scale = std::max(
            1e-9, std::min((width() - taken - 2 * kMargin) / all.width(), (height() - 2 * kMargin) / all.height()));
        m_centre = all.center() + QPointF(taken / 2.0 / m_scale, 0);
    }
    m_isFitted = true;
    change();
}

void MapView::setTaken(int rightPx)
{
    if (rightPx == m_takenPx)
        return;
    m_takenPx = rightPx;
    if (m_isFitted)
        fit();
}

void MapView::zoomBy(double factor, std::optional<QPointF> around)
{
    if (!m_index)
        return;
    const QPointF at = around.value_or(QRectF(rect()).center());
    const QPointF fixed = toWidget().inverted().map(at);
    const QRectF all = m_index->bounds();
    const double whole = std::min(width() / all.width(), height() / all.height());
    const double before = m_scale;
    m_scale = std::clamp(m_scale * factor, whole * 0.2, whole * 20'000);
    m_centre = fixed + (m_centre - fixed) * (before / m_scale);
    m_isFitted = false;
    change();
}

void MapView::panBy(const QPointF &pixels)
{
    m_centre += QPointF(-pixels.x(), pixels.y()) / m_scale;
    m_isFitted = false;
    change();
}

QRectF MapView::place() const
{
    return m_index && !m_isFitted ? wantedPicture().area() : QRectF();
}

void MapView::setPlace(const QRectF &area)
{
    if (!m_index || area.isEmpty()) {
        fit();
        return;
    }
    m_scale = std::min(width() / area.width(), height() / area.height());
    m_centre = area.center();
    m_isFitted = false;
    change();
}

QTransform MapView::toWidget() const
{
    return QTransform(m_scale, 0, 0, -m_scale, width() / 2.0 - m_centre.x() * m_scale,
                      height() / 2.0 + m_centre.y() * m_scale);
}

QPointF MapView::positionOf(std::uint32_t point) const
{
    return toWidget().map(m_index->positionOf(point));
}

std::optional<std::uint32_t> MapView::pointAt(const QPointF &position) const
{
    if (!m_index)
        return {};
    const double reach = std::max(kReachPx, m_faceSide / 2.0);
    const auto point = m_index->nearest(toWidget().inverted().map(position), reach / m_scale);
    return point && m_styles && m_styles->size() == m_index->count() && (*m_styles)[m_index->placeOf(*point)].isHidden
               ? std::nullopt
               : point;
}

std::vector<std::uint32_t> MapView::pointsInSight() const
{
    if (!m_index)
        return {};
    std::vector<std::uint32_t> points = m_index->pointsIn(wantedPicture().area());
    if (m_styles && m_styles->size() == m_index->count())
        std::erase_if(points, [this](std::uint32_t point) { return (*m_styles)[m_index->placeOf(point)].isHidden; });
    return points;
}

MapPicture MapView::wantedPicture() const
{
    MapPicture picture;
    const double ratio = devicePixelRatioF();
    picture.sizePx = (QSizeF(size()) * ratio).toSize();
    picture.centre = m_centre;
    picture.scale = m_scale * ratio;
    if (m_index)
        picture.takeSizesFor(m_index->countIn(picture.area()), ratio, m_pointSize);
    picture.dimsOthers = m_dimsOthers;
    return picture;
}

bool MapView::showsShapes() const
{
    return m_index && wantedPicture().showsMarkers;
}

bool MapView::isSettled() const
{
    return !m_index || (!m_drawer->isBusy() && !m_drawer->isChoosing() && !m_needsDrawing &&
                        !m_facesPause->isActive() && !m_faces.isBusy());
}

void MapView::change()
{
    m_needsDrawing = true;
    m_soon->start(); // several changes at once are one picture
    m_facesPause->start();
    update();
    Q_EMIT moved();
}

void MapView::draw()
{
    m_needsDrawing = false;
    if (!m_index || width() < 1 || height() < 1)
        return;
    std::vector<QRgb> palette = m_palette;
    if (palette.empty())
        palette.push_back(Theme::instance().colors().secondary.rgb());
    auto styles = m_styles;
    if (!styles || styles->size() != m_index->count()) {
        PointStyle plain;
        plain.color = std::uint8_t(palette.size() - 1);
        styles = std::make_shared<const std::vector<PointStyle>>(m_index->count(), plain);
    }
    m_drawer->draw({m_index, styles}, std::move(palette), wantedPicture(),
                   [this, picture = wantedPicture()](const QImage &image) {
                       m_drawn = image;
                       m_drawnPicture = picture;
                       update();
                       if (m_needsDrawing)
                           draw();
                       else
                           Q_EMIT drawn();
                   });
}

double MapView::usualDistance(const std::vector<std::uint32_t> &points) const
{
    std::vector<double> nearest;
    for (const std::uint32_t point : points) {
        const QPointF at = m_index->positionOf(point);
        double least = std::numeric_limits<double>::max();
        for (const std::uint32_t other : points)
            if (const QPointF by = m_index->positionOf(other) - at; other != point)
                least = std::min(least, QPointF::dotProduct(by, by));
        nearest.push_back(std::sqrt(least) * m_scale);
    }
    if (nearest.size() < 2)
        return kMostFacePx;
    std::nth_element(nearest.begin(), nearest.begin() + std::ptrdiff_t(nearest.size() / 2), nearest.end());
    return std::min(nearest[nearest.size() / 2], double(kMostFacePx));
}

void MapView::wantFaces()
{
    m_close.clear();
    m_faceSide = 0;
    if (m_index && m_samples) {
        const QRectF area = wantedPicture().area();
        const std::size_t inSight = m_index->countIn(area);
        if (inSight > 0 && inSight <= 8 * kMostFaces) { // by whole cells
            std::vector<std::uint32_t> points = pointsInSight();
            const int side = points.size() <= kMostFaces ? std::min(kMostFacePx, int(usualDistance(points) * 1.2)) : 0;
            if (side >= kLeastFacePx) {
                m_close = std::move(points);
                m_faceSide = side;
            }
        }
    }
    std::vector<SampleId> samples;
    for (const std::uint32_t point : m_close)
        samples.push_back((*m_samples)[point]);
    if (!samples.empty())
        m_faces.want(std::move(samples), int(std::ceil(m_faceSide * devicePixelRatioF())));
    update();
}

void MapView::paintFaces(QPainter &painter) const
{
    const bool hasStyles = m_styles && m_styles->size() == m_index->count();
    const int sidePx = int(std::ceil(m_faceSide * devicePixelRatioF()));
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    const QTransform transform = toWidget();
    for (const bool selected : {false, true}) // on top
        for (const std::uint32_t point : m_close) {
            const PointStyle style = hasStyles ? (*m_styles)[m_index->placeOf(point)] : PointStyle{};
            if (style.isSelected != selected || style.isHidden)
                continue;
            const QImage *face = m_faces.picture((*m_samples)[point], sidePx);
            if (!face || face->isNull())
                continue;
            const QPointF centre = transform.map(m_index->positionOf(point));
            const QSizeF size = QSizeF(face->size()).scaled(m_faceSide, m_faceSide, Qt::KeepAspectRatio);
            const QRectF box(centre - QPointF(size.width(), size.height()) / 2, size);
            painter.setOpacity(m_dimsOthers && !selected ? 0.4 : 1);
            painter.drawImage(box, *face);
            const QColor color =
                style.color < m_palette.size() ? QColor(m_palette[style.color]) : Theme::instance().colors().secondary;
            painter.setPen(QPen(color, 3));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(box.adjusted(-1, -1, 1, 1));
            if (selected) {
                painter.setPen(QPen(Theme::instance().colors().accent, 2));
                painter.drawRect(box.adjusted(-4, -4, 4, 4));
            }
            if (style.isLarge)
                Theme::instance().paintFlagNotch(painter, box);
        }
    painter.setOpacity(1);
}

void MapView::paintContours(QPainter &painter) const
{
    const QTransform transform = toWidget();
    QColor color = Theme::instance().colors().text;
    for (std::size_t level = 0; level < MapDensity::kShares.size(); ++level) {
        color.setAlphaF(float(0.25 + 0.13 * double(level)));
        painter.setPen(QPen(color, 1));
        painter.setBrush(Qt::NoBrush);
        for (const QPolygonF &line : m_density->contours(level))
            painter.drawPolygon(transform.map(line));
    }
}

void MapView::paintClusters(QPainter &painter) const
{
    const ThemeColors &colors = Theme::instance().colors();
    const QTransform transform = toWidget();
    painter.setFont(Theme::instance().font(Theme::Type::Secondary));
    const QFontMetricsF metrics(painter.font(), this);
    QList<QRectF> taken;
    const auto count = std::min(std::size_t(m_clusterWords.size()), m_density->clusters().size());
    for (std::size_t i = 0; i < count; ++i) {
        const QPolygonF hull = transform.map(m_density->clusters()[i].hull);
        if (!hull.boundingRect().intersects(rect()))
            continue;
        QColor line = colors.text;
        line.setAlphaF(0.7f);
        painter.setPen(QPen(line, 1.5, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawPolygon(hull);
    }
    for (std::size_t i = 0; i < count; ++i) { // words on top, the largest clusters' first, none over another
        const QRectF box = transform.map(m_density->clusters()[i].hull).boundingRect();
        const QString &words = m_clusterWords[qsizetype(i)];
        const QSizeF size(metrics.horizontalAdvance(words) + Theme::space(12), metrics.height() + Theme::space(4));
        QRectF card(box.center() - QPointF(size.width(), size.height()) / 2, size);
        if (!QRectF(rect()).contains(card) ||
            std::any_of(taken.begin(), taken.end(), [&](const QRectF &other) { return other.intersects(card); }))
            continue;
        taken << card;
        QColor ground = colors.panel;
        ground.setAlphaF(0.88f);
        painter.setPen(Qt::NoPen);
        painter.setBrush(ground);
        painter.drawRoundedRect(card, 4, 4);
        painter.setPen(colors.text);
        painter.drawText(card, Qt::AlignCenter, words);
    }
}

void MapView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ThemeColors &colors = Theme::instance().colors();
    painter.fillRect(rect(), colors.canvas);
    if (m_index && !m_drawn.isNull()) {
        // What was drawn, where it lies now.
        const QTransform toDevice = m_drawnPicture.toPicture().inverted() * toWidget();
        painter.save();
        painter.setTransform(toDevice, true);
        painter.setRenderHint(QPainter::SmoothPixmapTransform, m_drawnPicture != wantedPicture());
        painter.drawImage(QPointF(0, 0), m_drawn);
        painter.restore();
    }
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_index && m_density && m_showsContours)
        paintContours(painter);
    if (m_index && !m_close.empty())
        paintFaces(painter);
    if (m_index && m_density && !m_clusterWords.isEmpty())
        paintClusters(painter);
    if (m_drag == Drag::Line && m_line.size() > 1) {
        QColor fill = colors.accent;
        fill.setAlphaF(0.15f);
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(fill);
        painter.drawPolygon(m_line);
    }
    if (hasFocus()) {
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
    }
}

void MapView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_drawer->begin();
}

void MapView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (m_isFitted)
        fit();
    else
        change();
}

void MapView::showCursor()
{
    setCursor(m_drag == Drag::Pan                    ? Qt::ClosedHandCursor
              : m_isSpaceHeld || m_tool == Tool::Pan ? Qt::OpenHandCursor
                                                     : Qt::CrossCursor);
}

void MapView::mousePressEvent(QMouseEvent *event)
{
    if (!m_index || (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton))
        return;
    m_pressedAt = m_lastAt = event->position();
    const bool pans = event->button() == Qt::MiddleButton || m_isSpaceHeld || m_tool == Tool::Pan;
    m_drag = pans ? Drag::Pan : Drag::Line;
    m_line = QPolygonF{event->position()};
    showCursor();
    Q_EMIT hovered({}, event->position());
}

void MapView::mouseMoveEvent(QMouseEvent *event)
{
    const QPointF at = event->position();
    switch (m_drag) {
    case Drag::None: Q_EMIT hovered(pointAt(at), at); return;
    case Drag::Pan: panBy(at - m_lastAt); break;
    case Drag::Line:
        if (m_tool == Tool::Rectangle)
            m_line = QPolygonF{m_pressedAt, {at.x(), m_pressedAt.y()}, at, {m_pressedAt.x(), at.y()}};
        else
            m_line << at;
        update();
        break;
    }
    m_lastAt = at;
}

void MapView::mouseReleaseEvent(QMouseEvent *event)
{
    const Drag drag = m_drag;
    m_drag = Drag::None;
    showCursor();
    if (drag == Drag::None)
        return;
    const bool isClick = QLineF(m_pressedAt, event->position()).length() < kDragPx &&
                         m_line.boundingRect().width() < kDragPx && m_line.boundingRect().height() < kDragPx;
    if (isClick && event->button() == Qt::LeftButton)
        Q_EMIT clicked(pointAt(event->position()), event->modifiers());
    else if (drag == Drag::Line)
        endLine(event->modifiers());
    m_line.clear();
    update();
}

void MapView::endLine(Qt::KeyboardModifiers modifiers)
{
    std::vector<std::uint32_t> points = m_index->inside(toWidget().inverted().map(m_line));
    if (m_styles && m_styles->size() == m_index->count())
        std::erase_if(points, [this](std::uint32_t point) { return (*m_styles)[m_index->placeOf(point)].isHidden; });
    Q_EMIT lassoed(points, modifiers, m_lastAt);
}

void MapView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (const auto point = pointAt(event->position()))
        Q_EMIT activated(*point);
}

void MapView::wheelEvent(QWheelEvent *event)
{
    zoomBy(std::pow(2.0, event->angleDelta().y() / 240.0), event->position());
    event->accept();
}

void MapView::keyPressEvent(QKeyEvent *event)
{
    const double step = std::min(width(), height()) / 8.0;
    switch (event->key()) {
    case Qt::Key_Left: panBy({step, 0}); return;
    case Qt::Key_Right: panBy({-step, 0}); return;
    case Qt::Key_Up: panBy({0, step}); return;
    case Qt::Key_Down: panBy({0, -step}); return;
    case Qt::Key_Space:
        m_isSpaceHeld = true;
        showCursor();
        return;
    case Qt::Key_Escape:
        if (m_drag != Drag::None) {
            m_drag = Drag::None;
            m_line.clear();
            showCursor();
            update();
        } else {
            Q_EMIT clicked({}, {});
        }
        return;
    default: QWidget::keyPressEvent(event);
    }
}

void MapView::keyReleaseEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        m_isSpaceHeld = false;
        showCursor();
        return;
    }
    QWidget::keyReleaseEvent(event);
}

void MapView::leaveEvent(QEvent *event)
{
    QWidget::leaveEvent(event);
    Q_EMIT hovered({}, {});
}

void MapView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        change();
}

} // namespace mien
