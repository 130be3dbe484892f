#include "studio/attention/reliability_card.h"

#include "studio/common/project_session.h"
#include "studio/common/share_bars.h"
#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

constexpr std::size_t kMostClasses = 5;

QString percent(double share)
{
    return QLocale().toString(100 * share, 'f', 0) + QStringLiteral(" %");
}

} // namespace

/// Classes below each other, three distributions beside each other.
class ReliabilityCard::Table : public QWidget
{
public:
    struct Line
    {
        ClassId cls;
        QString name;
        double shares[3];
    };

    Table() { setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed); }

    void set(std::vector<Line> lines)
    {
        m_lines = std::move(lines);
        QStringList said;
        for (const Line &line : m_lines)
            said << ReliabilityCard::tr("%1: raw %2, by anchors %3, balanced %4")
                        .arg(line.name, percent(line.shares[0]), percent(line.shares[1]), percent(line.shares[2]));
        setAccessibleName(ReliabilityCard::tr("Distributions before and after balancing"));
        setAccessibleDescription(said.join(QStringLiteral("; ")));
        updateGeometry();
        update();
    }

    QSize sizeHint() const override { return {Theme::space(200), int(rowHeight() * double(m_lines.size() + 1)) + 1}; }
    QSize minimumSizeHint() const override { return {Theme::space(160), sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const ThemeColors &colors = Theme::instance().colors();
        painter.setFont(font());
        const double chip = Theme::chipWidth(font()) + 8;
        const double column = (width() - chip) / 3;
        const QString titles[] = {ReliabilityCard::tr("raw"), ReliabilityCard::tr("anchors"),
                                  ReliabilityCard::tr("balanced")};
        painter.setPen(colors.secondary);
        for (int i = 0; i < 3; ++i)
            painter.drawText(QRectF(chip + i * column, 0, column - 8, rowHeight()), Qt::AlignLeft | Qt::AlignVCenter,
                             fontMetrics().elidedText(titles[i], Qt::ElideRight, int(column - 8)));
        double y = rowHeight();
        for (const Line &line : m_lines) {
            const ClassLook look = Theme::instance().lookOf(line.cls);
            Theme::paintChip(painter, {0, y + (rowHeight() - Theme::chipHeight(font())) / 2}, look,
                             ChipStyle::Outlined);
            painter.setFont(font());
            for (int i = 0; i < 3; ++i) {
                const double left = chip + i * column;
                const QRectF groove(left, y + rowHeight() * .78, column - 8, 3);
                painter.setPen(Qt::NoPen);
                painter.setBrush(colors.separator);
                painter.drawRoundedRect(groove, 1.5, 1.5);
                painter.setBrush(look.color);
                painter.drawRoundedRect(QRectF(groove.topLeft(), QSizeF(groove.width() * line.shares[i], 3)), 1.5, 1.5);
                painter.setPen(colors.text);
                painter.drawText(QRectF(left, y, column - 8, rowHeight() * .78), Qt::AlignLeft | Qt::AlignVCenter,
                                 percent(line.shares[i]));
            }
            y += rowHeight();
        }
    }

private:
    double rowHeight() const { return fontMetrics().height() * 1.5; }
    std::vector<Line> m_lines;
};

ReliabilityCard::ReliabilityCard(QWidget *parent)
    : QWidget(parent)
    , m_table(new Table)
    , m_message(Theme::words({}, Theme::Type::Secondary))
    , m_confidence(Theme::words({}, Theme::Type::Secondary))
{
    setObjectName(QStringLiteral("reliabilityCard"));
    setAccessibleName(tr("Reliability"));
    m_message->setObjectName(QStringLiteral("reliabilityMessage"));
    m_confidence->setObjectName(QStringLiteral("reliabilityConfidence"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(4));
    column->addWidget(m_message);
    column->addWidget(m_table);
    column->addWidget(m_confidence);
    const int side = Theme::space(40);
    for (int i = 0; i < kAnchors; ++i) {
        AnchorRow row{Theme::words({}, Theme::Type::Secondary),
                      new ShareBars({}, tr("Similarity to anchor %1").arg(i + 1)),
                      new QWidget,
                      {}};
        row.similarity->setObjectName(QStringLiteral("anchor%1similarity").arg(i + 1));
        row.similarity->setToolTip(tr("How near the face lies to this anchor; the nearest one has 1."));
        auto *faces = new QHBoxLayout(row.faces);
        faces->setContentsMargins(0, 0, 0, 0);
        faces->setSpacing(Theme::space(4));
        for (int face = 0; face < kFaces; ++face) {
            auto *button = new QToolButton;
            button->setObjectName(QStringLiteral("anchor%1face%2").arg(i + 1).arg(face + 1));
            button->setAccessibleName(tr("Face %1 of anchor %2").arg(face + 1).arg(i + 1));
            button->setAutoRaise(true);
            button->setIconSize({side, side});
            button->setFocusPolicy(Qt::TabFocus);
            connect(button, &QToolButton::clicked, this, [this, i, face] {
                if (std::size_t(i) < m_facts.anchors.size() &&
                    std::size_t(face) < m_facts.anchors[std::size_t(i)].faces.size())
                    Q_EMIT chosen(m_facts.anchors[std::size_t(i)].faces[std::size_t(face)]);
            });
            faces->addWidget(button);
            row.buttons.push_back(button);
        }
        faces->addStretch();
        column->addWidget(row.words);
        column->addWidget(row.similarity);
        column->addWidget(row.faces);
        m_anchors.push_back(row);
    }
    connect(&Theme::instance(), &Theme::changed, this, &ReliabilityCard::showSimilarities); // in its colours
    setMessage({});
}

void ReliabilityCard::showSimilarities()
{
    for (std::size_t i = 0; i < std::min(m_anchors.size(), m_facts.anchors.size()); ++i) {
        const double similarity = m_facts.anchors[i].similarity;
        m_anchors[i].similarity->setBars({{tr("similarity"), QLocale().toString(similarity, 'f', 2), similarity,
                                           Theme::instance().lookOf(m_anchorClasses[i]).color}});
    }
}

void ReliabilityCard::clearFaces()
{
    for (AnchorRow &row : m_anchors)
        for (QToolButton *button : row.buttons)
            button->hide();
}

void ReliabilityCard::setMessage(const QString &message)
{
    m_facts = {};
    m_message->setText(message);
    m_message->setVisible(!message.isEmpty());
    m_table->hide();
    m_confidence->hide();
    for (AnchorRow &row : m_anchors) {
        row.words->hide();
        row.similarity->hide();
        row.faces->hide();
    }
}

void ReliabilityCard::setFacts(const ReliabilityFacts &facts, const QString &run, const ProjectSession &session)
{
    m_facts = facts;
    m_message->hide();
    const auto classOf = [&](const QString &name) {
        const ExpressionClass *known = session.classNamed(name);
        return known ? known->id : ClassId{};
    };
    const auto wordOf = [&](const QString &name) {
        const ExpressionClass *known = session.classNamed(name);
        return known ? QString::fromStdString(known->display) : name;
    };
    std::vector<Table::Line> lines;
    for (const ReliabilityFacts::Row &row : facts.rows)
        if (lines.size() < kMostClasses)
            lines.push_back({classOf(row.className), wordOf(row.className), {row.raw, row.anchor, row.balanced}});
    m_table->set(std::move(lines));
    m_table->show();
    m_confidence->setText(tr("confidence %1, by %2").arg(QLocale().toString(facts.confidence, 'f', 2), run));
    m_confidence->show();
    m_anchorClasses.clear();
    for (const ReliabilityFacts::Anchor &anchor : facts.anchors)
        m_anchorClasses.push_back(classOf(anchor.className));
    showSimilarities();
    clearFaces();
    for (std::size_t i = 0; i < m_anchors.size(); ++i) {
        const bool known = i < facts.anchors.size();
        m_anchors[i].words->setVisible(known);
        m_anchors[i].similarity->setVisible(known);
        m_anchors[i].faces->setVisible(known && !facts.anchors[i].faces.empty());
        if (!known)
            continue;
        const ReliabilityFacts::Anchor &anchor = facts.anchors[i];
        const QString words = tr("%1, anchor %2, distance %3")
                                  .arg(wordOf(anchor.className))
                                  .arg(anchor.index + 1)
                                  .arg(QLocale().toString(anchor.distance, 'f', 2));
        m_anchors[i].words->setText(anchor.faces.empty() ? tr("%1: nearest to no face").arg(words) : words);
    }
}

void ReliabilityCard::setFaces(const std::vector<NeighbourFace> &faces)
{
    clearFaces();
    for (std::size_t i = 0; i < std::min(m_anchors.size(), m_facts.anchors.size()); ++i) {
        const auto &wanted = m_facts.anchors[i].faces;
        for (std::size_t at = 0; at < std::min(wanted.size(), m_anchors[i].buttons.size()); ++at) {
            const auto found = std::find_if(faces.begin(), faces.end(),
                                            [&](const NeighbourFace &face) { return face.sample == wanted[at]; });
            if (found == faces.end())
                continue;
            QToolButton *button = m_anchors[i].buttons[at];
            const QString words = tr("Face %1 of anchor %2, %3").arg(at + 1).arg(i + 1).arg(found->word);
            button->setAccessibleName(words);
            button->setToolTip(QStringLiteral("%1\n%2").arg(found->word, found->source));
            button->setIcon(QIcon(QPixmap::fromImage(found->picture)));
            button->show();
        }
    }
}

} // namespace mien
