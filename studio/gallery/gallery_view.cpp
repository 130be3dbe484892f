#include "studio/gallery/gallery_view.h"

#include "studio/common/sample_list_model.h"
#include "studio/common/theme.h"
#include "studio/common/thumbnail_loader.h"

#include <QAccessible>
#include <QElapsedTimer>
#include <QHelpEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace mien {

namespace {

constexpr int smallestSide = 32, largestSide = 400;
constexpr std::int64_t keptSelection = 100'000; ///< Ids worth finding again after the list changed.

} // namespace

GalleryView::GalleryView(QWidget *parent)
    : QAbstractScrollArea(parent)
    , m_thumbnails(new ThumbnailLoader(this))
{
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // A bar that comes and goes would change the columns.
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    connect(m_thumbnails, &ThumbnailLoader::loaded, viewport(), QOverload<>::of(&QWidget::update));
    relayout();
}

GalleryView::~GalleryView() = default;

void GalleryView::setModel(SampleListModel *model)
{
    if (m_model)
        m_model->disconnect(this);
    m_model = model;
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
        m_selectedBefore.clear();
        if (m_selection.count() <= keptSelection)
            m_selectedBefore = selectedIds();
        m_currentBefore = m_current >= 0 && m_current < m_model->rowCount() ? m_model->idAt(m_current) : SampleId{};
        const int first = firstVisibleRow();
        m_firstBefore = first > 0 && first < m_model->rowCount() ? m_model->idAt(first) : SampleId{};
    });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        m_hover = -1;
        m_band = {};
        m_bandStart.reset();
        RangeSelection selection;
        int current = -1, first = -1;
        if (!m_selectedBefore.empty() || m_currentBefore || m_firstBefore) {
            std::vector<SampleId> wanted = m_selectedBefore;
            std::sort(wanted.begin(), wanted.end());
            const std::vector<SampleId> &ids = m_model->ids();
            for (int row = 0; row < int(ids.size()); ++row) {
                const SampleId id = ids[std::size_t(row)];
                if (!wanted.empty() && std::binary_search(wanted.begin(), wanted.end(), id))
                    selection.add(row, row);
                if (id == m_currentBefore)
                    current = row;
                if (id == m_firstBefore)
                    first = row;
            }
        }
        m_current = m_anchor = current;
        relayout();
        if (first >= 0)
            scrollToRow(first, true);
        else
            verticalScrollBar()->setValue(0);
        changeSelection(selection);
        Q_EMIT currentChanged(m_current);
        viewport()->update();
    });
    connect(model, &QAbstractItemModel::dataChanged, viewport(), QOverload<>::of(&QWidget::update));
    relayout();
    viewport()->update();
}

int GalleryView::headerHeight() const
{
    return m_headers ? fontMetrics().height() + Theme::space(12) : 0;
}

void GalleryView::relayout()
{
    const int width = std::max(1, viewport()->width() - gap());
    m_columns = std::max(1, width / pitch());
    m_blocks.clear();
    const int rows = m_model ? m_model->rowCount() : 0;
    m_headers = m_model && !m_model->sections().empty();
    qint64 y = 0;
    const auto add = [&](int first, int count) {
        Block block{first, count, y, 0};
        y += headerHeight() + qint64((count + m_columns - 1) / m_columns) * pitch() + gap();
        block.bottom = y;
        m_blocks.push_back(block);
    };
    if (m_headers) {
        for (const SampleListModel::Section &section : m_model->sections())
            add(section.first, section.count);
    } else if (rows > 0) {
        add(0, rows);
    }
    m_contentHeight = y;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(pitch() / 2 + 1);
    verticalScrollBar()->setRange(
        0, int(std::clamp<qint64>(y - viewport()->height(), 0, std::numeric_limits<int>::max())));
}

const GalleryView::Block *GalleryView::blockOf(int row) const
{
    for (const Block &block : m_blocks) {
        if (row >= block.first && row < block.first + block.count)
            return &block;
    }
    return nullptr;
}

QRect GalleryView::contentRect(int row) const
{
    const Block *block = blockOf(row);
    if (!block)
        return {};
    const int inBlock = row - block->first;
    const qint64 y = block->top + headerHeight() + gap() + qint64(inBlock / m_columns) * pitch();
    return {gap() + inBlock % m_columns * pitch(), int(y), m_side, m_side};
}

QRect GalleryView::cellRect(int row) const
{
    const QRect rect = contentRect(row);
    return rect.isNull() ? rect : rect.translated(0, -verticalScrollBar()->value());
}

int GalleryView::rowAtPoint(const QPoint &point) const
{
    const qint64 y = qint64(point.y()) + verticalScrollBar()->value();
    for (const Block &block : m_blocks) {
        const qint64 inBlock = y - block.top - headerHeight() - gap();
        if (y < block.top || y >= block.bottom || inBlock < 0)
            continue;
        const int x = point.x() - gap();
        const int column = x / pitch();
        if (x < 0 || x % pitch() >= m_side || column >= m_columns || inBlock % pitch() >= m_side)
            return -1;
        const qint64 row = inBlock / pitch() * m_columns + column;
        return row < block.count ? block.first + int(row) : -1;
    }
    return -1;
}

std::pair<int, int> GalleryView::rowsBetween(qint64 top, qint64 bottom) const
{
    int first = -1, end = -1;
    for (const Block &block : m_blocks) {
        if (block.bottom <= top || block.top >= bottom || block.count == 0)
            continue;
        const qint64 start = block.top + headerHeight() + gap();
        const qint64 lines = (block.count + m_columns - 1) / m_columns;
        const qint64 firstLine = std::clamp<qint64>((top - start) / pitch(), 0, lines - 1);
        const qint64 lastLine = std::clamp<qint64>((bottom - 1 - start) / pitch(), 0, lines - 1);
        if (first < 0)
            first = block.first + int(firstLine) * m_columns;
        end = block.first + int(std::min<qint64>((lastLine + 1) * m_columns, block.count));
    }
    return first < 0 ? std::pair(0, 0) : std::pair(first, end);
}

std::pair<int, int> GalleryView::visibleRows() const
{
    const qint64 top = verticalScrollBar()->value();
    return rowsBetween(top, top + viewport()->height());
}

int GalleryView::firstVisibleRow() const
{
    const auto [first, end] = visibleRows();
    return first < end ? first : -1;
}

void GalleryView::scrollToRow(int row, bool toTop)
{
    const QRect rect = contentRect(row);
    if (rect.isNull())
        return;
    QScrollBar *bar = verticalScrollBar();
    if (toTop || rect.top() - headerHeight() - gap() < bar->value())
        bar->setValue(rect.top() - headerHeight() - gap());
    else if (rect.bottom() + gap() > bar->value() + viewport()->height())
        bar->setValue(rect.bottom() + gap() - viewport()->height());
}

void GalleryView::setCellSide(int side)
{
    side = std::clamp(side, smallestSide, largestSide);
    if (side == m_side)
        return;
    const int first = firstVisibleRow();
    m_side = side;
    relayout();
    if (first > 0)
        scrollToRow(first, true);
    viewport()->update();
    Q_EMIT cellSideChanged(side);
}

void GalleryView::setSelection(const RangeSelection &selection)
{
    changeSelection(selection);
}

void GalleryView::changeSelection(const RangeSelection &selection)
{
    if (selection == m_selection)
        return;
    m_selection = selection;
    viewport()->update();
    Q_EMIT selectionChanged();
}

std::vector<SampleId> GalleryView::selectedIds() const
{
    std::vector<SampleId> ids;
    if (!m_model)
        return ids;
    ids.reserve(std::size_t(m_selection.count()));
    for (const RangeSelection::Range &range : m_selection.ranges()) {
        const auto last = std::min<std::int64_t>(range.last, m_model->rowCount() - 1);
        for (std::int64_t row = range.first; row <= last; ++row)
            ids.push_back(m_model->idAt(int(row)));
    }
    return ids;
}

void GalleryView::setCurrentRow(int row)
{
    moveCurrent(row, Qt::NoModifier);
}

void GalleryView::moveCurrent(int row, Qt::KeyboardModifiers modifiers)
{
    if (!m_model || m_model->rowCount() == 0)
        return;
    row = std::clamp(row, 0, m_model->rowCount() - 1);
    RangeSelection selection = m_selection;
    if (modifiers & Qt::ShiftModifier) {
        if (!(modifiers & Qt::ControlModifier))
            selection.clear();
        const int anchor = m_anchor < 0 ? row : m_anchor;
        selection.add(std::min(anchor, row), std::max(anchor, row));
    } else if (modifiers & Qt::ControlModifier) {
        m_anchor = row;
    } else {
        selection.clear();
        selection.add(row, row);
        m_anchor = row;
    }
    const bool moved = m_current != row;
    m_current = row;
    scrollToRow(row);
    changeSelection(selection);
    viewport()->update();
    if (moved) {
        Q_EMIT currentChanged(row);
        QAccessibleEvent event(this, QAccessible::Focus);
        event.setChild(row);
        QAccessible::updateAccessibility(&event);
    }
}

int GalleryView::pictureSidePx() const
{
    // Three sizes, so that zooming finds most pictures in the cache.
    const double need = m_side * devicePixelRatioF();
    return need <= 96 ? 96 : need <= 192 ? 192 : 384;
}

void GalleryView::requestPictures()
{
    if (!m_model)
        return;
    const int side = pictureSidePx();
    std::vector<ThumbnailLoader::Wish> wishes;
    const auto wish = [&](int first, int end) {
        for (int row = first; row < end; ++row) {
            const SampleId id = m_model->idAt(row);
            if (m_thumbnails->find(id, side))
                continue;
            if (const SampleRow *sample = m_model->rowAt(row))
                wishes.push_back({*sample, side});
        }
    };
    const auto [first, end] = visibleRows();
    wish(first, end);
    const qint64 top = verticalScrollBar()->value(), height = viewport()->height();
    const auto ahead =
        m_scrollDirection > 0 ? rowsBetween(top + height, top + 3 * height) : rowsBetween(top - 2 * height, top);
    wish(ahead.first, ahead.second);
    m_thumbnails->want(std::move(wishes));
}

bool GalleryView::isSettled() const
{
    if (!m_model || m_model->isBusy() || m_thumbnails->isBusy())
        return false;
    const auto [first, end] = visibleRows();
    for (int row = first; row < end; ++row) {
        if (!m_thumbnails->find(m_model->idAt(row), pictureSidePx()))
            return false;
    }
    return true;
}

void GalleryView::paintEvent(QPaintEvent *)
{
    QElapsedTimer timer;
    timer.start();
    QPainter painter(viewport());
    const ThemeColors &colors = Theme::instance().colors();
    painter.fillRect(viewport()->rect(), colors.canvas);
    if (!m_model)
        return;
    painter.setRenderHint(QPainter::SmoothPixmapTransform, m_side * devicePixelRatioF() < pictureSidePx());
    const auto [first, end] = visibleRows();
    for (int row = first; row < end; ++row)
        paintCell(painter, row, cellRect(row));
    if (m_headers) {
        const qint64 top = verticalScrollBar()->value();
        for (int section = 0; section < int(m_blocks.size()); ++section) {
            const Block &block = m_blocks[std::size_t(section)];
            if (block.bottom <= top || block.top >= top + viewport()->height())
                continue;
            // The header of the topmost section sticks, pushed out by the next one.
            const qint64 y = std::clamp<qint64>(top, block.top, std::max(block.top, block.bottom - headerHeight()));
            paintHeader(painter, section, int(y - top));
        }
    }
    if (!m_band.isNull()) {
        QColor fill = colors.accent;
        fill.setAlpha(40);
        painter.setPen(QPen(colors.accent, 1));
        painter.setBrush(fill);
        painter.drawRect(m_band.translated(0, -verticalScrollBar()->value()));
    }
    if (hasFocus() && m_current < 0) { // no face has the ring that tells
        painter.setPen(QPen(colors.accent, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(viewport()->rect().adjusted(1, 1, -1, -1));
    }
    if (m_model->rowCount() > 0)
        requestPictures();
    m_lastPaintMs = double(timer.nsecsElapsed()) / 1e6;
}

void GalleryView::paintCell(QPainter &painter, int row, const QRect &cell) const
{
    const Theme &theme = Theme::instance();
    const ThemeColors &colors = theme.colors();
    const QImage *picture = m_thumbnails->find(m_model->idAt(row), pictureSidePx());
    if (picture && picture->width() > 1) { // One pixel stands for a picture that cannot be had.
        const QSize size = picture->size().scaled(cell.size(), Qt::KeepAspectRatio);
        painter.drawImage(QRect(cell.center() - QPoint(size.width() - 1, size.height() - 1) / 2, size), *picture);
    } else {
        painter.fillRect(cell, colors.separator);
    }
    const SampleRow *sample = m_model->rowAt(row);
    if (sample) {
        if (sample->excluded) {
            QColor veil = colors.canvas;
            veil.setAlpha(170);
            painter.fillRect(cell, veil);
        }
        if (sample->flag == FlagState::Open)
            theme.paintFlagNotch(painter, cell);
        if (row == m_hover && m_side >= 56) {
            painter.setFont(theme.font(Theme::Type::Secondary));
            const double height = Theme::chipHeight(painter.font());
            const double y = cell.bottom() - height - 1;
            double x = cell.left() + 2;
            x += Theme::paintChip(painter, {x, y}, theme.lookOf(sample->label.value_or(ClassId{})), ChipStyle::Filled) +
                 2;
            if (sample->scored && sample->suggested && x + Theme::chipWidth(painter.font()) < cell.right())
                Theme::paintChip(painter, {x, y}, theme.lookOf(*sample->suggested), ChipStyle::Outlined);
        }
    }
    if (m_selection.contains(row)) {
        painter.setPen(QPen(hasFocus() ? colors.accent : colors.secondary, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(cell.adjusted(-1, -1, 1, 1));
    }
    // The ring of a single selected face says where the focus is already.
    if (row == m_current && hasFocus() && (m_selection.count() > 1 || !m_selection.contains(row))) {
        QPen pen(colors.text, 1, Qt::DotLine);
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(cell.adjusted(-3, -3, 2, 2));
    }
}

void GalleryView::paintHeader(QPainter &painter, int section, int y) const
{
    const Theme &theme = Theme::instance();
    const ThemeColors &colors = theme.colors();
    const SampleListModel::Section &shown = m_model->sections()[std::size_t(section)];
    const QRect box(0, y, viewport()->width(), headerHeight());
    painter.fillRect(box, colors.window);
    painter.fillRect(QRect(0, box.bottom(), box.width(), 1), colors.separator);
    painter.setFont(theme.font(Theme::Type::Heading));
    const double chip =
        Theme::paintChip(painter, QPointF(gap() + 4, y + (box.height() - Theme::chipHeight(painter.font())) / 2),
                         theme.lookOf(shown.label), ChipStyle::Filled);
    painter.setPen(colors.text);
    const double x = gap() + 4 + chip + Theme::space(8);
    painter.drawText(QRectF(x, y, box.width() - x, box.height()), Qt::AlignVCenter, shown.title);
    const double titleWidth = painter.fontMetrics().horizontalAdvance(shown.title);
    painter.setFont(theme.font(Theme::Type::Secondary));
    painter.setPen(colors.secondary);
    painter.drawText(QRectF(x + titleWidth + Theme::space(8), y, 300, box.height()), Qt::AlignVCenter,
                     QLocale().toString(shown.count));
}

void GalleryView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    const int first = firstVisibleRow();
    relayout();
    if (first > 0)
        scrollToRow(first, true);
}

void GalleryView::scrollContentsBy(int, int dy)
{
    m_scrollDirection = dy <= 0 ? 1 : -1;
    if (m_bandStart)
        updateRubberBand(viewport()->mapFromGlobal(QCursor::pos()));
    viewport()->update();
}

void GalleryView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton && event->button() != Qt::RightButton)
        return;
    const int row = rowAtPoint(event->pos());
    if (event->button() == Qt::RightButton) {
        if (row >= 0 && !m_selection.contains(row))
            moveCurrent(row, Qt::NoModifier);
        return;
    }
    m_bandStart = event->pos() + QPoint(0, verticalScrollBar()->value());
    m_bandBase = event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier) ? m_selection : RangeSelection();
    if (row < 0) {
        if (!(event->modifiers() & (Qt::ControlModifier | Qt::ShiftModifier)))
            changeSelection({});
        return;
    }
    if (event->modifiers() & Qt::ShiftModifier) {
        moveCurrent(row, event->modifiers());
    } else if (event->modifiers() & Qt::ControlModifier) {
        moveCurrent(row, Qt::ControlModifier);
        RangeSelection selection = m_selection;
        selection.toggle(row);
        changeSelection(selection);
    } else {
        moveCurrent(row, Qt::NoModifier);
    }
}

void GalleryView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_bandStart && event->buttons() & Qt::LeftButton) {
        updateRubberBand(event->pos());
        return;
    }
    const int row = rowAtPoint(event->pos());
    if (row != m_hover) {
        m_hover = row;
        viewport()->update();
    }
}

void GalleryView::updateRubberBand(const QPoint &viewportPoint)
{
    const QPoint now = viewportPoint + QPoint(0, verticalScrollBar()->value());
    const QRect band = QRect(*m_bandStart, now).normalized();
    if (m_band.isNull() && band.width() + band.height() < 12)
        return; // A click that trembles is no band.
    m_band = band;
    if (viewportPoint.y() < 0 || viewportPoint.y() > viewport()->height())
        verticalScrollBar()->setValue(verticalScrollBar()->value() + (viewportPoint.y() < 0 ? -pitch() : pitch()) / 2);
    RangeSelection selection = m_bandBase;
    const auto [first, end] = rowsBetween(band.top(), band.bottom() + 1);
    for (int row = first; row < end; ++row) {
        if (contentRect(row).intersects(band))
            selection.add(row, row);
    }
    changeSelection(selection);
    viewport()->update();
}

void GalleryView::mouseReleaseEvent(QMouseEvent *)
{
    m_bandStart.reset();
    m_band = {};
    viewport()->update();
}

void GalleryView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const int row = rowAtPoint(event->pos());
    if (row >= 0)
        Q_EMIT activated(row);
}

void GalleryView::wheelEvent(QWheelEvent *event)
{
    if (event->modifiers() & Qt::ControlModifier) {
        setCellSide(m_side + (event->angleDelta().y() > 0 ? 16 : -16));
        event->accept();
        return;
    }
    QAbstractScrollArea::wheelEvent(event);
}

void GalleryView::keyPressEvent(QKeyEvent *event)
{
    const int rows = m_model ? m_model->rowCount() : 0;
    if (rows == 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const int lines = std::max(1, viewport()->height() / pitch());
    const int from = m_current < 0 ? firstVisibleRow() - 1 : m_current;
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    switch (event->key()) {
    case Qt::Key_Left: moveCurrent(from + (mirrored ? 1 : -1), event->modifiers()); return;
    case Qt::Key_Right: moveCurrent(from + (mirrored ? -1 : 1), event->modifiers()); return;
    case Qt::Key_Up: moveCurrent(m_current < 0 ? firstVisibleRow() : from - m_columns, event->modifiers()); return;
    case Qt::Key_Down: moveCurrent(m_current < 0 ? firstVisibleRow() : from + m_columns, event->modifiers()); return;
    case Qt::Key_PageUp: moveCurrent(from - lines * m_columns, event->modifiers()); return;
    case Qt::Key_PageDown: moveCurrent(from + lines * m_columns, event->modifiers()); return;
    case Qt::Key_Home: moveCurrent(0, event->modifiers()); return;
    case Qt::Key_End: moveCurrent(rows - 1, event->modifiers()); return;
    case Qt::Key_Space:
        if (m_current >= 0) {
            RangeSelection selection = m_selection;
            selection.toggle(m_current);
            changeSelection(selection);
        }
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current >= 0)
            Q_EMIT activated(m_current);
        return;
    case Qt::Key_Escape:
        if (!m_selection.isEmpty()) {
            changeSelection({});
            return;
        }
        break;
    default: break;
    }
    if (event->matches(QKeySequence::SelectAll)) {
        RangeSelection all;
        all.add(0, rows - 1);
        changeSelection(all);
        return;
    }
    QAbstractScrollArea::keyPressEvent(event);
}

void GalleryView::leaveEvent(QEvent *event)
{
    m_hover = -1;
    viewport()->update();
    QAbstractScrollArea::leaveEvent(event);
}

void GalleryView::focusInEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void GalleryView::focusOutEvent(QFocusEvent *event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void GalleryView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        relayout();
}

QString GalleryView::toolTipOf(int row) const
{
    const SampleRow *sample = m_model ? m_model->rowAt(row) : nullptr;
    if (!sample)
        return {};
    QStringList lines{m_model->data(m_model->index(row), Qt::DisplayRole).toString()};
    if (sample->scored)
        lines << tr("suspicion %1").arg(QLocale().toString(sample->suspicion, 'f', 2));
    lines << QString::fromStdString(sample->source);
    return lines.join(QLatin1Char('\n'));
}

bool GalleryView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip) {
        auto *help = static_cast<QHelpEvent *>(event);
        const int row = rowAtPoint(help->pos());
        if (row >= 0)
            QToolTip::showText(help->globalPos(), toolTipOf(row), viewport(), cellRect(row));
        else
            QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace mien
