#include "studio/common/empty_state.h"

#include "studio/common/icons.h"
#include "studio/common/theme.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace mien {

EmptyState::EmptyState(const QString &pictureName, const QString &sentence, const QString &buttonText, QWidget *parent)
    : QWidget(parent)
    , m_pictureName(pictureName)
    , m_picture(new QLabel)
    , m_sentence(new QLabel(sentence))
    , m_button(new QPushButton(buttonText))
{
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(Theme::space(16));
    layout->addStretch(2);
    m_picture->setAlignment(Qt::AlignCenter);
    layout->addWidget(m_picture);
    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setWordWrap(true);
    m_sentence->setFont(Theme::instance().font(Theme::Type::Heading));
    layout->addWidget(m_sentence);
    m_button->setObjectName(QStringLiteral("emptyAction"));
    m_button->setAccessibleName(buttonText);
    m_button->setProperty("primary", true);
    layout->addWidget(m_button, 0, Qt::AlignCenter); // Before it is shown: without a parent it were a window.
    m_button->setVisible(!buttonText.isEmpty());
    layout->addStretch(3);
    connect(m_button, &QPushButton::clicked, this, &EmptyState::clicked);
    drawPicture();
}

void EmptyState::setSentence(const QString &sentence)
{
    m_sentence->setText(sentence);
}

void EmptyState::setPicture(const QString &pictureName)
{
    m_pictureName = pictureName;
    drawPicture();
}

void EmptyState::setButton(const QString &text)
{
    m_button->setVisible(!text.isEmpty());
    if (text.isEmpty())
        return;
    m_button->setText(text);
    m_button->setAccessibleName(text);
}

void EmptyState::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        drawPicture();
}

void EmptyState::drawPicture()
{
    const int unit = Theme::space(24);
    m_picture->setPixmap(
        picture(m_pictureName, {unit * 14, unit * 49 / 6}, devicePixelRatioF(), Theme::instance().colors().secondary));
}

} // namespace mien
