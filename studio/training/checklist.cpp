#include "studio/training/checklist.h"

#include "studio/common/theme.h"

#include <QGridLayout>
#include <QLabel>

namespace mien {

namespace {

struct Look
{
    QString sign, word;
    QColor colour;
};

Look lookOf(PreflightItem::State state)
{
    const ThemeColors &colors = Theme::instance().colors();
    switch (state) {
    case PreflightItem::State::Good: return {QStringLiteral("✓"), Checklist::tr("fine"), colors.good};
    case PreflightItem::State::Note: return {QStringLiteral("·"), Checklist::tr("note"), colors.secondary};
    case PreflightItem::State::Warning: return {QStringLiteral("!"), Checklist::tr("warning"), colors.warning};
    case PreflightItem::State::Stop: return {QStringLiteral("✕"), Checklist::tr("in the way"), colors.danger};
    }
    return {};
}

/// Qt lays a text out again also when it is the same.
void setText(QLabel *label, const QString &text)
{
    if (label->text() != text)
        label->setText(text);
}

} // namespace

Checklist::Checklist(QWidget *parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(Theme::space(8));
    m_grid->setVerticalSpacing(Theme::space(4));
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, fontMetrics().horizontalAdvance(QStringLiteral("✓")) + 2);
    connect(&Theme::instance(), &Theme::changed, this, &Checklist::refresh);
}

void Checklist::setItems(const QList<PreflightItem> &items)
{
    m_items = items;
    while (m_lines.size() < m_items.size())
        addLine();
    refresh();
}

void Checklist::addLine()
{
    const int row = static_cast<int>(m_lines.size());
    const Line line{new QLabel, new QLabel};
    for (QLabel *label : {line.sign, line.words})
        label->setTextFormat(Qt::RichText);
    line.sign->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    line.words->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    line.words->setWordWrap(true);
    m_grid->addWidget(line.sign, row, 0);
    m_grid->addWidget(line.words, row, 1);
    m_lines << line;
}

void Checklist::refresh()
{
    const QString secondary = Theme::instance().colors().secondary.name();
    for (qsizetype i = 0; i < m_lines.size(); ++i) {
        const Line &line = m_lines[i];
        const bool used = i < m_items.size();
        line.sign->setVisible(used);
        line.words->setVisible(used);
        if (!used)
            continue;
        const PreflightItem &item = m_items[i];
        const Look look = lookOf(item.state);
        setText(line.sign, QStringLiteral("<b style='color:%1'>%2</b>").arg(look.colour.name(), look.sign));
        setText(line.words, QStringLiteral("%1 <span style='color:%2'>%3</span>")
                                .arg(item.text.toHtmlEscaped(), secondary, item.detail.toHtmlEscaped()));
        line.words->setAccessibleName(QStringLiteral("%1: %2. %3").arg(look.word, item.text, item.detail));
    }
}

} // namespace mien
