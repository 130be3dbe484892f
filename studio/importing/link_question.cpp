#include "studio/importing/link_question.h"

#include "studio/common/theme.h"

#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace mien {

LinkQuestion::LinkQuestion(QWidget *parent)
    : QWidget(parent)
    , m_words(Theme::words({}))
    , m_answer(new QPushButton)
{
    setObjectName(QStringLiteral("importLinks"));
    m_words->setObjectName(QStringLiteral("importLinksWords"));
    m_answer->setObjectName(QStringLiteral("importLinksAnswer"));
    connect(m_answer, &QPushButton::clicked, this, [this] { agree(!m_isAgreed); });
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(16));
    row->addWidget(m_words, 1);
    row->addWidget(m_answer, 0, Qt::AlignTop);
    hide();
}

void LinkQuestion::showFor(const QJsonArray &links)
{
    constexpr qsizetype kNamed = 3;
    setVisible(!links.isEmpty());
    QStringList named;
    for (qsizetype i = 0; i < std::min(links.size(), kNamed); ++i) {
        const QJsonObject link = links[i].toObject();
        named << tr("%1 leads to %2")
                     .arg(link[QStringLiteral("link")].toString(), link[QStringLiteral("target")].toString());
    }
    QString text = named.join(tr("; "));
    if (links.size() > kNamed)
        text += tr("; and %Ln more", nullptr, int(links.size() - kNamed));
    const int count = int(links.size());
    m_words->setText(
        m_isAgreed
            ? tr("%Ln link(s) are followed out of the folder that you chose: %1.", nullptr, count).arg(text)
            : tr("%Ln link(s) lead out of the folder that you chose: %1. What lies there is left out.", nullptr, count)
                  .arg(text));
    m_answer->setText(m_isAgreed ? tr("Leave it out") : tr("Read it as well"));
    m_answer->setAccessibleName(m_answer->text());
    m_answer->setAccessibleDescription(m_words->text());
}

void LinkQuestion::agree(bool agrees)
{
    if (m_isAgreed == agrees)
        return;
    m_isAgreed = agrees;
    Q_EMIT changed();
}

void LinkQuestion::forget()
{
    m_isAgreed = false;
    hide();
}

} // namespace mien
