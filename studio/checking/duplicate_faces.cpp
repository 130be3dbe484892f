#include "studio/checking/duplicate_faces.h"

#include "studio/common/project_session.h"
#include "studio/common/theme.h"

#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>

#include <cmath>

namespace mien {

namespace {

constexpr int kLines = 4, kSmallestSide = 96, kLargestSide = 400;

int lineHeight()
{
    return QFontMetrics(Theme::instance().font(Theme::Type::Secondary)).height();
}

} // namespace

class DuplicateFaces::Delegate : public QStyledItemDelegate
{
public:
    explicit Delegate(DuplicateFaces &faces)
        : QStyledItemDelegate(&faces)
        , m_faces(faces)
    {
    }

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override { return m_faces.gridSize(); }

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const DuplicateMember &member = m_faces.m_members[std::size_t(index.row())];
        const ThemeColors &colors = Theme::instance().colors();
        painter->save();
        painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        const int gap = Theme::space(8), side = m_faces.m_side;
        QRect picture(option.rect.left() + (option.rect.width() - side) / 2, option.rect.top() + gap, side, side);
        painter->fillRect(picture, colors.canvas);
        if (const QImage *face = m_faces.m_thumbnails->find(member.row.id, m_faces.sidePx())) {
            QRectF place(QPointF(), QSizeF(face->size()).scaled(picture.size(), Qt::KeepAspectRatio));
            place.moveCenter(QRectF(picture).center());
            painter->setOpacity(member.row.excluded ? .35 : 1);
            painter->drawImage(place, *face);
            painter->setOpacity(1);
        }
        if (option.state & QStyle::State_Selected) {
            painter->setPen(QPen(colors.accent, 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRect(QRectF(picture).adjusted(-3, -3, 3, 3));
        }

        QFont small = Theme::instance().font(Theme::Type::Secondary);
        painter->setFont(small);
        const double chipHeight = Theme::chipHeight(small);
        const ClassId shown = member.row.label.value_or(member.row.given.value_or(ClassId{}));
        const ExpressionClass *expression = m_faces.m_session ? m_faces.m_session->classOf(shown) : nullptr;
        const ClassLook look = expression ? Theme::instance().look(*expression) : Theme::instance().lookOf(shown);
        const double chip = Theme::chipWidth(small);
        const bool mirrored = option.direction == Qt::RightToLeft;
        double y = picture.bottom() + Theme::space(8);
        Theme::paintChip(*painter, {mirrored ? picture.right() - chip : double(picture.left()), y}, look,
                         ChipStyle::Filled);
        painter->setPen(colors.text);
        const Qt::Alignment side0 = (mirrored ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
        const QRectF name = mirrored ? QRectF(picture.left(), y, side - chip - gap, chipHeight)
                                     : QRectF(picture.left() + chip + gap, y, side - chip - gap, chipHeight);
        painter->drawText(
            name, side0, painter->fontMetrics().elidedText(m_faces.labelOf(member), Qt::ElideRight, int(name.width())));
        y += chipHeight + Theme::space(4);
        bool first = true;
        for (const QString &line : m_faces.linesOf(member)) {
            const bool tells = first && (member.row.excluded || std::size_t(index.row()) == m_faces.m_best);
            painter->setPen(tells && member.row.excluded ? colors.warning : tells ? colors.text : colors.secondary);
            first = false;
            painter->drawText(QRectF(picture.left(), y, side, lineHeight()), side0,
                              painter->fontMetrics().elidedText(line, Qt::ElideMiddle, side));
            y += lineHeight();
        }
        painter->restore();
    }

private:
    DuplicateFaces &m_faces;
};

DuplicateFaces::DuplicateFaces(QWidget *parent)
    : QListView(parent)
    , m_model(new QStandardItemModel(this))
    , m_thumbnails(new ThumbnailLoader(this))
{
    setObjectName(QStringLiteral("duplicateFaces"));
    setAccessibleName(tr("Faces of the group"));
    setViewMode(IconMode);
    setMovement(Static);
    setResizeMode(Adjust);
    setUniformItemSizes(true);
    setEditTriggers(NoEditTriggers);
    setSelectionMode(SingleSelection);
    setVerticalScrollMode(ScrollPerPixel);
    setItemDelegate(new Delegate(*this));
    setModel(m_model);
    connect(m_thumbnails, &ThumbnailLoader::loaded, viewport(), QOverload<>::of(&QWidget::update));
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this, &DuplicateFaces::currentFaceChanged);
    connect(this, &QListView::activated, this,
            [this](const QModelIndex &index) { Q_EMIT opened(m_members[std::size_t(index.row())].row.id); });
}

void DuplicateFaces::setSession(ProjectSession *session)
{
    m_session = session;
    setMembers({});
}

void DuplicateFaces::setMembers(std::vector<DuplicateMember> members)
{
    const SampleId before = current();
    m_model->clear();
    m_members = std::move(members);
    m_best = bestOf(m_members);
    std::size_t current = m_best;
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        if (m_members[i].row.id == before)
            current = i;
        auto *item = new QStandardItem;
        item->setData(spoken(int(i)), Qt::AccessibleTextRole);
        item->setToolTip(QString::fromStdString(m_members[i].row.source));
        m_model->appendRow(item);
    }
    layOut();
    if (!m_members.empty())
        setCurrentIndex(m_model->index(int(current), 0));
    Q_EMIT currentFaceChanged();
}

SampleId DuplicateFaces::current() const
{
    const int row = currentIndex().row();
    return row >= 0 && row < int(m_members.size()) ? m_members[std::size_t(row)].row.id : SampleId{};
}

SampleId DuplicateFaces::best() const
{
    return m_members.empty() ? SampleId{} : m_members[m_best].row.id;
}

void DuplicateFaces::step(int by)
{
    const int row = currentIndex().row() + by;
    if (row >= 0 && row < m_model->rowCount())
        setCurrentIndex(m_model->index(row, 0));
}

bool DuplicateFaces::isSettled() const
{
    return !m_thumbnails->isBusy();
}

QString DuplicateFaces::labelOf(const DuplicateMember &member) const
{
    // An exclusion hides the label; what was given is what the group was about.
    const auto label = member.row.label ? member.row.label : member.row.given;
    return m_session ? m_session->displayName(label.value_or(ClassId{})) : QString();
}

QStringList DuplicateFaces::linesOf(const DuplicateMember &member) const
{
    const SampleRow &row = member.row;
    const QString split = row.split == Split::Train  ? tr("training")
                          : row.split == Split::Val  ? tr("validation")
                          : row.split == Split::Test ? tr("test")
                                                     : tr("no split");
    const QString subject = row.subject.empty() ? tr("no subject") : QString::fromStdString(row.subject);
    QString size = QStringLiteral("%1 × %2").arg(row.widthPx).arg(row.heightPx);
    if (member.blur)
        size += tr(" · sharpness %1").arg(QLocale().toString(*member.blur, 'f', 0));
    if (row.excluded)
        size = tr("excluded · %1").arg(size);
    else if (row.id == best())
        size = tr("best · %1").arg(size);
    return {size, split + QStringLiteral(" · ") + subject, QString::fromStdString(row.source)};
}

QString DuplicateFaces::spoken(int row) const
{
    const DuplicateMember &member = m_members[std::size_t(row)];
    return (QStringList{tr("Face %1 of %2").arg(row + 1).arg(m_members.size()), labelOf(member)} + linesOf(member))
        .join(QStringLiteral(", "));
}

int DuplicateFaces::sidePx() const
{
    return int(std::ceil(m_side * devicePixelRatioF()));
}

void DuplicateFaces::layOut()
{
    const int count = std::max<int>(1, int(m_members.size())), gap = Theme::space(16);
    const int words = int(Theme::chipHeight(Theme::instance().font(Theme::Type::Secondary))) + Theme::space(24) +
                      (kLines - 1) * lineHeight();
    const int width = std::max(1, viewport()->width() - 2), height = viewport()->height() - 2;
    m_side = kSmallestSide;
    for (int side = kLargestSide; side > kSmallestSide; side -= 8) {
        const int columns = std::max(1, width / (side + gap)), rows = (count + columns - 1) / columns;
        if (side + gap <= width && rows * (side + words) <= height) {
            m_side = side;
            break;
        }
    }
    setGridSize({m_side + gap, m_side + words});
}

void DuplicateFaces::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Up: Q_EMIT groupStepped(-1); return;
    case Qt::Key_Down: Q_EMIT groupStepped(1); return;
    default: QListView::keyPressEvent(event);
    }
}

void DuplicateFaces::resizeEvent(QResizeEvent *event)
{
    QListView::resizeEvent(event);
    layOut();
}

void DuplicateFaces::changeEvent(QEvent *event)
{
    QListView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        layOut();
}

void DuplicateFaces::paintEvent(QPaintEvent *event)
{
    QListView::paintEvent(event);
    std::vector<ThumbnailLoader::Wish> wishes;
    for (const DuplicateMember &member : m_members)
        if (!m_thumbnails->find(member.row.id, sidePx()))
            wishes.push_back({member.row, sidePx()});
    m_thumbnails->want(std::move(wishes));
}

} // namespace mien
