#include "studio/review/neighbours_panel.h"

#include "studio/common/theme.h"

#include <QAbstractButton>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QStyle>

#include <algorithm>
#include <map>

namespace mien {

/// One neighbour: picture, chip, ring while it has the focus.
class NeighboursPanel::Face : public QAbstractButton
{
public:
    Face(NeighboursPanel &panel, int number)
        : QAbstractButton(&panel)
        , m_panel(panel)
    {
        setObjectName(QStringLiteral("neighbour%1").arg(number));
        setAccessibleName(NeighboursPanel::tr("Neighbour %1").arg(number));
        // A click must not take the keys from the face under review.
        setFocusPolicy(Qt::TabFocus);
        setCursor(Qt::PointingHandCursor);
        connect(this, &QAbstractButton::clicked, this, [this] { Q_EMIT m_panel.chosen(m_face.sample); });
    }

    void set(const NeighbourFace &face, int number)
    {
        m_face = face;
        setAccessibleName(NeighboursPanel::tr("Neighbour %1, %2").arg(number).arg(face.word));
        setToolTip(QStringLiteral("%1\n%2\n%3")
                       .arg(face.word, face.source, NeighboursPanel::tr("Click: inspector · double click: gallery")));
        update();
    }

protected:
    bool event(QEvent *event) override
    {
        // While the focus is here these keys belong to the neighbours, all others still answer.
        if (event->type() == QEvent::ShortcutOverride && isOwnKey(*static_cast<QKeyEvent *>(event))) {
            event->accept();
            return true;
        }
        return QAbstractButton::event(event);
    }

    void keyPressEvent(QKeyEvent *event) override
    {
        const bool mirrored = layoutDirection() == Qt::RightToLeft;
        switch (event->key()) {
        case Qt::Key_Left: mirrored ? focusNextChild() : focusPreviousChild(); return;
        case Qt::Key_Right: mirrored ? focusPreviousChild() : focusNextChild(); return;
        case Qt::Key_Escape: Q_EMIT m_panel.left(); return;
        case Qt::Key_Space:
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (event->modifiers() & Qt::ControlModifier)
                Q_EMIT m_panel.opened(m_face.sample);
            else
                click();
            return;
        default: QAbstractButton::keyPressEvent(event);
        }
    }

    void mouseDoubleClickEvent(QMouseEvent *) override { Q_EMIT m_panel.opened(m_face.sample); }

    void contextMenuEvent(QContextMenuEvent *event) override
    {
        auto *menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        const SampleId sample = m_face.sample;
        menu->addAction(NeighboursPanel::tr("Show in the inspector"), &m_panel,
                        [this, sample] { Q_EMIT m_panel.chosen(sample); });
        menu->addAction(NeighboursPanel::tr("Open in the gallery"), &m_panel,
                        [this, sample] { Q_EMIT m_panel.opened(sample); });
        menu->popup(event->globalPos());
    }

    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        const ThemeColors &colors = Theme::instance().colors();
        const QRectF box = QRectF(rect()).adjusted(2, 2, -2, -2);
        painter.fillRect(box, colors.canvas);
        if (!m_face.picture.isNull()) {
            QRectF place(QPointF(), QSizeF(m_face.picture.size()).scaled(box.size(), Qt::KeepAspectRatio));
            place.moveCenter(box.center());
            painter.drawImage(place, m_face.picture);
        }
        QFont small = Theme::instance().font(Theme::Type::Secondary);
        small.setPointSizeF(small.pointSizeF() * 0.85);
        painter.setFont(small);
        const double height = Theme::chipHeight(small);
        Theme::paintChip(painter, QPointF(box.left() + 1, box.bottom() - height - 1),
                         Theme::instance().lookOf(m_face.label.value_or(ClassId{})), ChipStyle::Filled);
        if (hasFocus() || underMouse()) {
            painter.setPen(QPen(hasFocus() ? colors.accent : colors.secondary, hasFocus() ? 2 : 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
        }
    }

    void enterEvent(QEnterEvent *) override { update(); }
    void leaveEvent(QEvent *) override { update(); }

private:
    static bool isOwnKey(const QKeyEvent &event)
    {
        switch (event.key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Space:
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Escape: return true;
        default: return false;
        }
    }

    NeighboursPanel &m_panel;
    NeighbourFace m_face;
};

NeighboursPanel::NeighboursPanel(QWidget *parent)
    : QWidget(parent)
    , m_summary(new QLabel(this))
{
    setObjectName(QStringLiteral("neighboursPanel"));
    setAccessibleName(tr("Nearest faces"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_summary->setObjectName(QStringLiteral("neighboursSummary"));
    m_summary->setTextFormat(Qt::PlainText);
    Theme::setType(m_summary, Theme::Type::Secondary);
    for (int i = 0; i < kMost; ++i) {
        m_faces.push_back(new Face(*this, i + 1));
        m_faces.back()->hide();
    }
}

int NeighboursPanel::cellSide() const
{
    const int gap = Theme::space(4);
    return std::clamp((width() - gap * (kMost - 1)) / kMost, 24, Theme::space(64));
}

int NeighboursPanel::lineHeight() const
{
    // The label asks for a fraction more than its font in some sizes, and for nothing while it is empty.
    return std::max(m_summary->fontMetrics().height(), m_summary->sizeHint().height());
}

QSize NeighboursPanel::sizeHint() const
{
    return {Theme::space(64) * kMost, lineHeight() + Theme::space(4) + Theme::space(64)};
}

QSize NeighboursPanel::minimumSizeHint() const
{
    return {Theme::space(24) * kMost, sizeHint().height()};
}

void NeighboursPanel::resizeEvent(QResizeEvent *)
{
    layOut();
}

void NeighboursPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        QMetaObject::invokeMethod(this, &NeighboursPanel::layOut, Qt::QueuedConnection); // once the label has it too
}

void NeighboursPanel::layOut()
{
    const int line = lineHeight();
    m_summary->setGeometry(0, 0, width(), line);
    m_summary->setText(m_summary->fontMetrics().elidedText(m_words, Qt::ElideRight, width()));
    m_summary->setToolTip(m_summary->text() == m_words ? QString() : m_words);
    const int side = cellSide(), gap = Theme::space(4);
    for (int i = 0; i < kMost; ++i)
        m_faces[static_cast<std::size_t>(i)]->setGeometry(
            QStyle::visualRect(layoutDirection(), rect(), QRect(i * (side + gap), line + gap, side, side)));
}

QString NeighboursPanel::summary(const std::vector<NeighbourFace> &faces, const QString &given,
                                 const QString &suggested)
{
    std::map<QString, int> counts;
    for (const NeighbourFace &face : faces)
        ++counts[face.word];
    const int total = static_cast<int>(faces.size());
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto &a, const auto &b) { return a.second < b.second; });
    if (most == counts.end())
        return {};
    if (!given.isEmpty() && most->first == given)
        return tr("%1 of the %2 nearest faces carry the given label, %3.").arg(most->second).arg(total).arg(given);
    const QString text =
        most->first == suggested
            ? tr("%1 of the %2 nearest faces are %3, as suggested").arg(most->second).arg(total).arg(most->first)
            : tr("%1 of the %2 nearest faces are %3").arg(most->second).arg(total).arg(most->first);
    if (given.isEmpty())
        return tr("%1.").arg(text);
    const auto same = counts.find(given);
    return same == counts.end() ? tr("%1, none with the given label, %2.").arg(text, given)
                                : tr("%1, %2 with the given label, %3.").arg(text).arg(same->second).arg(given);
}

void NeighboursPanel::setNeighbours(const std::vector<NeighbourFace> &faces, const QString &given,
                                    const QString &suggested)
{
    m_count = std::min(kMost, static_cast<int>(faces.size()));
    for (int i = 0; i < kMost; ++i) {
        Face *cell = m_faces[static_cast<std::size_t>(i)];
        if (i < m_count)
            cell->set(faces[static_cast<std::size_t>(i)], i + 1);
        cell->setVisible(i < m_count);
    }
    const QString text = summary(faces, given, suggested);
    m_words = text;
    setAccessibleDescription(text);
    layOut();
}

void NeighboursPanel::setMessage(const QString &message)
{
    const bool hadFocus =
        std::any_of(m_faces.begin(), m_faces.end(), [](const Face *face) { return face->hasFocus(); });
    m_count = 0;
    for (Face *face : m_faces)
        face->hide();
    m_words = message;
    setAccessibleDescription(message);
    layOut();
    if (hadFocus)
        Q_EMIT left(); // what had the focus is gone
}

void NeighboursPanel::focusFirst()
{
    if (m_count > 0)
        m_faces.front()->setFocus(Qt::ShortcutFocusReason);
}

} // namespace mien
