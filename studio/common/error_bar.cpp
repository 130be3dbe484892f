#include "studio/common/error_bar.h"

#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QAccessible>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace mien {

ErrorBar::ErrorBar(QWidget *parent)
    : QFrame(parent)
{
    setObjectName(QStringLiteral("errorBar"));
    setAccessibleName(tr("Problem"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::space(12), Theme::space(8), Theme::space(8), Theme::space(8));
    layout->setSpacing(Theme::space(8));
    m_icon = new QLabel;
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("errorText"));
    m_text->setAccessibleName(tr("What went wrong"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_text, 1);
    m_buttons = new QHBoxLayout;
    layout->addLayout(m_buttons);
    m_copy = new QToolButton;
    m_copy->setObjectName(QStringLiteral("errorCopy"));
    m_copy->setAccessibleName(tr("Copy details"));
    m_copy->setToolTip(tr("Copy details"));
    m_copy->setIcon(icon(QStringLiteral("copy")));
    m_copy->setAutoRaise(true);
    layout->addWidget(m_copy);
    m_close = new QToolButton;
    m_close->setObjectName(QStringLiteral("errorClose"));
    m_close->setAccessibleName(tr("Dismiss"));
    m_close->setToolTip(tr("Dismiss"));
    m_close->setIcon(icon(QStringLiteral("close")));
    m_close->setAutoRaise(true);
    layout->addWidget(m_close);
    connect(m_close, &QToolButton::clicked, this, [this] { withdraw(message()); });
    connect(m_copy, &QToolButton::clicked, this, [this] {
        if (!m_items.empty())
            QGuiApplication::clipboard()->setText(m_items.front().message + QLatin1Char('\n') +
                                                  m_items.front().details);
    });
    hide();
}

void ErrorBar::show(const QString &message, const QString &details, std::vector<Studio::Remedy> remedies, Kind kind)
{
    std::erase_if(m_items, [&](const Item &item) { return item.message == message; });
    m_items.insert(m_items.begin(), {message, details, std::move(remedies), kind});
    showFirst();
    QAccessibleEvent event(m_text, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

QString ErrorBar::message() const
{
    return m_items.empty() ? QString() : m_items.front().message;
}

void ErrorBar::clear()
{
    m_items.clear();
    hide();
}

void ErrorBar::withdraw(const QString &message)
{
    std::erase_if(m_items, [&](const Item &item) { return item.message == message; });
    if (m_items.empty())
        hide();
    else
        showFirst();
}

void ErrorBar::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_items.empty())
        drawIcon();
}

void ErrorBar::drawIcon()
{
    const bool isNotice = m_items.front().kind == Kind::Notice;
    const ThemeColors &colors = Theme::instance().colors();
    const int side = fontMetrics().height();
    m_icon->setPixmap(picture(isNotice ? QStringLiteral("warning") : QStringLiteral("error"), {side, side},
                              devicePixelRatioF(), isNotice ? colors.warning : colors.danger));
}

void ErrorBar::showFirst()
{
    const Item &item = m_items.front();
    Theme::mark(this, "notice", item.kind == Kind::Notice);
    drawIcon();
    m_text->setText(item.message);
    m_text->setToolTip(item.details);
    m_text->setAccessibleName(item.message);
    while (QLayoutItem *old = m_buttons->takeAt(0)) {
        old->widget()->deleteLater();
        delete old;
    }
    int number = 0;
    for (const Studio::Remedy &remedy : item.remedies) {
        auto *button = new QPushButton(remedy.text);
        button->setObjectName(QStringLiteral("errorRemedy%1").arg(++number));
        button->setAccessibleName(remedy.text);
        connect(button, &QPushButton::clicked, this, [this, run = remedy.run] {
            withdraw(message());
            run();
        });
        m_buttons->addWidget(button);
    }
    QFrame::show();
}

} // namespace mien
