#include "studio/checking/duplicate_list.h"

#include "studio/checking/duplicate_list_model.h"
#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>

#include <cmath>

namespace mien {

namespace {

SampleRow pictureOf(const DuplicateGroup &group)
{
    SampleRow row;
    row.id = group.samples.front();
    row.crop = group.crop;
    return row;
}

int pictureSide(const QFont &font)
{
    return QFontMetrics(font).height() * 5 / 2;
}

} // namespace

/// Face, two lines of words, a tick where somebody decided.
class DuplicateList::Delegate : public QStyledItemDelegate
{
public:
    explicit Delegate(DuplicateList &list)
        : QStyledItemDelegate(&list)
        , m_list(list)
    {
    }

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return {Theme::space(24) * 6, pictureSide(option.font) + Theme::space(8)};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const DuplicateListModel &model = m_list.m_model;
        const DuplicateGroup &group = model.at(index.row());
        const ThemeColors &colors = Theme::instance().colors();
        const bool selected = option.state & QStyle::State_Selected;
        painter->save();
        painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        if (selected)
            painter->fillRect(option.rect, colors.accent);
        const QColor text = selected ? colors.onAccent : colors.text;
        const int gap = Theme::space(4), side = pictureSide(option.font);
        const bool mirrored = option.direction == Qt::RightToLeft;
        const auto placed = [&](const QRect &rect) { return QStyle::visualRect(option.direction, option.rect, rect); };

        const QRect picture = placed({option.rect.left() + gap, option.rect.top() + gap, side, side});
        painter->fillRect(picture, colors.canvas);
        if (const QImage *face = m_list.m_thumbnails->find(group.samples.front(), m_list.pictureSidePx())) {
            QRectF place(QPointF(), QSizeF(face->size()).scaled(picture.size(), Qt::KeepAspectRatio));
            place.moveCenter(QRectF(picture).center());
            painter->drawImage(place, *face);
        }
        QRect words = option.rect.adjusted(side + 3 * gap, gap, -gap, -gap);
        const QString decision = model.decision(group);
        if (!decision.isEmpty()) {
            const int mark = Theme::space(16);
            const QRect tick = placed({option.rect.right() - gap - mark, words.top(), mark, mark});
            icon(QStringLiteral("check"))
                .paint(painter, tick, Qt::AlignCenter, selected ? QIcon::Selected : QIcon::Normal);
            words.setRight(option.rect.right() - 2 * gap - mark);
        }
        painter->setPen(text);
        painter->setFont(option.font);
        const int half = words.height() / 2;
        const auto line = [&](int top, const QString &what) {
            const QRect place = placed({words.left(), top, words.width(), half});
            painter->drawText(place, Qt::AlignVCenter | (mirrored ? Qt::AlignRight : Qt::AlignLeft),
                              painter->fontMetrics().elidedText(what, Qt::ElideRight, words.width()));
        };
        line(words.top(), model.title(group));
        painter->setFont(Theme::instance().font(Theme::Type::Secondary));
        const QString trouble = model.trouble(group);
        if (!selected)
            painter->setPen(!decision.isEmpty() || trouble.isEmpty() ? colors.secondary : colors.warning);
        line(words.top() + half, decision.isEmpty() ? trouble : decision);
        painter->restore();
    }

private:
    DuplicateList &m_list;
};

DuplicateList::DuplicateList(DuplicateListModel &model, QWidget *parent)
    : QListView(parent)
    , m_model(model)
    , m_thumbnails(new ThumbnailLoader(this))
{
    setObjectName(QStringLiteral("duplicateGroups"));
    setAccessibleName(tr("Groups of duplicates"));
    setModel(&model);
    setItemDelegate(new Delegate(*this));
    setUniformItemSizes(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setEditTriggers(NoEditTriggers);
    connect(m_thumbnails, &ThumbnailLoader::loaded, viewport(), QOverload<>::of(&QWidget::update));
}

int DuplicateList::pictureSidePx() const
{
    return int(std::ceil(pictureSide(font()) * devicePixelRatioF()));
}

void DuplicateList::setCurrentRow(int row)
{
    const QModelIndex index = m_model.index(row);
    setCurrentIndex(index);
    if (index.isValid())
        scrollTo(index);
}

void DuplicateList::keyPressEvent(QKeyEvent *event)
{
    const int step = layoutDirection() == Qt::RightToLeft ? -1 : 1;
    switch (event->key()) {
    case Qt::Key_Left: Q_EMIT faceStepped(-step); return;
    case Qt::Key_Right: Q_EMIT faceStepped(step); return;
    default: QListView::keyPressEvent(event);
    }
}

void DuplicateList::paintEvent(QPaintEvent *event)
{
    QListView::paintEvent(event);
    wantPictures();
}

void DuplicateList::wantPictures()
{
    const QModelIndex top = indexAt({1, 1});
    if (!top.isValid())
        return;
    const int height = std::max(1, visualRect(top).height()), ahead = viewport()->height() / height + 2;
    const int last = std::min(m_model.rowCount() - 1, top.row() + 2 * ahead), side = pictureSidePx();
    std::vector<ThumbnailLoader::Wish> wishes;
    for (int row = top.row(); row <= last; ++row) {
        const DuplicateGroup &group = m_model.at(row);
        if (!m_thumbnails->find(group.samples.front(), side))
            wishes.push_back({pictureOf(group), side});
    }
    m_thumbnails->want(std::move(wishes));
}

} // namespace mien
