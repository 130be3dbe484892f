#include "studio/review/evidence_panel.h"

#include "studio/attention/attention_panel.h"
#include "studio/common/fixed_lines.h"
#include "studio/common/project_session.h"
#include "studio/common/theme.h"
#include "studio/review/label_words.h"
#include "studio/review/reasons.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

/// "given   [SA] Sadness": a word, a chip, the class in words, a number.
class EvidencePanel::LabelLine : public QWidget
{
public:
    LabelLine(const QString &word, ChipStyle style)
        : m_word(word)
        , m_style(style)
    {
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }

    void set(std::optional<ClassId> label, const QString &text, const QString &number = {})
    {
        m_label = label;
        m_text = text;
        m_number = number;
        setAccessibleName(QStringLiteral("%1 %2 %3").arg(m_word, text, number).trimmed());
        update();
    }

    QSize sizeHint() const override { return {Theme::space(200), int(Theme::chipHeight(font())) + Theme::space(4)}; }
    QSize minimumSizeHint() const override { return {Theme::space(120), sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        const ThemeColors &colors = Theme::instance().colors();
        const QFontMetricsF metrics(font());
        double word = 0; // one column for all of the lines
        for (const QString &other : {tr("given"), tr("suggested"), tr("you")})
            word = std::max(word, metrics.horizontalAdvance(other + QStringLiteral("  ")));
        painter.setPen(colors.secondary);
        painter.drawText(QRectF(0, 0, word, height()), Qt::AlignVCenter | Qt::AlignLeft, m_word);
        double left = word;
        if (m_label && *m_label) {
            const double top = (height() - Theme::chipHeight(font())) / 2;
            left +=
                Theme::paintChip(painter, {left, top}, Theme::instance().lookOf(*m_label), m_style) + Theme::space(8);
        }
        painter.setPen(m_label ? colors.text : colors.secondary);
        const double number = m_number.isEmpty() ? 0 : QFontMetricsF(font()).horizontalAdvance(m_number) + 8;
        painter.drawText(QRectF(left, 0, width() - left - number, height()), Qt::AlignVCenter | Qt::AlignLeft,
                         fontMetrics().elidedText(m_text, Qt::ElideRight, int(width() - left - number)));
        painter.setPen(colors.secondary);
        painter.drawText(rect(), Qt::AlignVCenter | Qt::AlignRight, m_number);
    }

private:
    QString m_word, m_text, m_number;
    std::optional<ClassId> m_label;
    ChipStyle m_style;
};

namespace {

constexpr int linesOfReasons = 4, linesOfReasonsWhole = 8; ///< One each; as many as they need.

FixedLines *fixedLines(const char *name, int lines)
{
    auto *label = new FixedLines(lines);
    label->setObjectName(QLatin1String(name));
    Theme::setType(label, Theme::Type::Secondary);
    return label;
}

QLabel *textLabel(const char *name)
{
    auto *label = new QLabel;
    label->setObjectName(QLatin1String(name));
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    Theme::setType(label, Theme::Type::Secondary);
    return label;
}

} // namespace

EvidencePanel::EvidencePanel(QWidget *parent)
    : QFrame(parent)
{
    setObjectName(QStringLiteral("evidencePanel"));
    setAccessibleName(tr("Evidence"));
    m_hidden = textLabel("evidenceHidden");
    m_hidden->setText(
        tr("Blind: the given label, the suggestion, the attention and the neighbours stay hidden until you answer."));
    m_given = new LabelLine(tr("given"), ChipStyle::Filled);
    m_suggested = new LabelLine(tr("suggested"), ChipStyle::Outlined);
    // Their room is the same whatever there is to say: nothing moves between two faces but the face.
    m_suspicion = fixedLines("evidenceSuspicion", 2);
    m_reasons = fixedLines("evidenceReasons", linesOfReasons);
    m_attention = new AttentionPanel;
    m_lastCard = new QFrame;
    m_lastCard->setObjectName(QStringLiteral("lastAnswerCard"));
    m_lastCard->setProperty("card", true);
    m_lastFace = new QLabel;
    m_lastText = textLabel("lastAnswerText");
    m_lastAnswer = new LabelLine(tr("you"), ChipStyle::Filled);
    m_lastGiven = new LabelLine(tr("given"), ChipStyle::Filled);
    m_lastSuggested = new LabelLine(tr("suggested"), ChipStyle::Outlined);
    auto *lastLines = new QVBoxLayout;
    lastLines->setSpacing(Theme::space(4));
    lastLines->addWidget(m_lastText);
    lastLines->addWidget(m_lastAnswer);
    lastLines->addWidget(m_lastGiven);
    lastLines->addWidget(m_lastSuggested);
    auto *lastRow = new QHBoxLayout(m_lastCard);
    lastRow->setContentsMargins(Theme::space(12), Theme::space(8), Theme::space(12), Theme::space(8));
    lastRow->setSpacing(Theme::space(12));
    lastRow->addWidget(m_lastFace, 0, Qt::AlignTop);
    lastRow->addLayout(lastLines, 1);
    m_note = new QLineEdit;
    m_note->setObjectName(QStringLiteral("reviewNote"));
    m_note->setAccessibleName(tr("Note for this face"));
    m_note->setPlaceholderText(tr("Note (N), goes with the answer"));
    m_note->setClearButtonEnabled(true);
    m_note->installEventFilter(this);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(8));
    layout->addWidget(m_hidden);
    layout->addWidget(m_given);
    layout->addWidget(m_suggested);
    layout->addWidget(m_suspicion);
    layout->addWidget(m_reasons);
    layout->addWidget(m_attention, 1);
    layout->addWidget(m_lastCard);
    layout->addStretch();
    layout->addWidget(m_note);
}

void EvidencePanel::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    // The map comes first where there is little room.
    const bool isTall = height() > fontMetrics().lineSpacing() * 34;
    m_reasons->setLineCount(isTall ? linesOfReasonsWhole : linesOfReasons);
    m_attention->setMaximumHeight(m_attention->fullHeight(width()));
}

bool EvidencePanel::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_note && event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Return || key == Qt::Key_Enter)
            event->accept();
    }
    return QFrame::eventFilter(watched, event);
}

void EvidencePanel::setAttentionShown(bool shown)
{
    m_attentionShown = shown;
    m_attention->setVisible(shown && !m_hidden->isVisibleTo(this));
}

void EvidencePanel::showFace(const ReviewDesk &desk, const ProjectSession &session)
{
    const auto face = desk.face();
    const bool revealed = desk.isRevealed();
    const bool shown = revealed && face;
    m_hidden->setVisible(!revealed);
    for (QWidget *part : {static_cast<QWidget *>(m_given), static_cast<QWidget *>(m_suggested),
                          static_cast<QWidget *>(m_suspicion), static_cast<QWidget *>(m_reasons)})
        part->setVisible(revealed);
    m_attention->setVisible(revealed && m_attentionShown);
    const QLocale locale;
    if (shown) {
        const SampleRow &row = face->row;
        m_given->set(row.given, labelWord(session, row.given, row.givenState));
        const auto suggested = row.suggested && *row.suggested ? row.suggested : row.predicted;
        QString number;
        for (const auto &[id, probability] : face->probabilities) {
            if (suggested == id)
                number = locale.toString(probability, 'f', 2);
        }
        if (suggested && *suggested)
            m_suggested->set(suggested, session.displayName(*suggested), number);
        else
            m_suggested->set({}, tr("no scores yet"));
        QStringList facts;
        if (row.scored)
            facts << tr("Suspicion %1").arg(locale.toString(row.suspicion, 'f', 2));
        if (row.stale)
            facts << tr("scores of an older label");
        if (!row.subject.empty())
            facts << tr("subject %1").arg(QString::fromStdString(row.subject));
        if (row.reviews > 0)
            facts << tr("%n opinion(s) of people", nullptr, row.reviews);
        if (row.label && row.label != row.given)
            facts << tr("now %1").arg(session.displayName(*row.label));
        if (!desk.isBlind() && desk.queue().at(desk.queue().position()).random)
            facts << tr("drawn at random, to measure the noise");
        m_suspicion->setText(facts.join(QStringLiteral(" · ")));
        QStringList reasons;
        if (face->score)
            reasons = reasonsInWords(*face->score, [&session](const QString &name) {
                for (const ExpressionClass &expression : session.classes()) {
                    if (expression.name == name.toStdString())
                        return QString::fromStdString(expression.display);
                }
                return QString();
            });
        QStringList said;
        for (const auto &[run, label] : face->saidByRuns)
            said << tr("%1 said %2").arg(run, session.displayName(label));
        if (!said.isEmpty())
            reasons.prepend(said.join(QStringLiteral(" · ")));
        if (face->eyes == EyesAgainstLabel::PlainlyOpen)
            reasons.prepend(tr("Labelled drowsy, but the eyes are plainly open"));
        else if (face->eyes == EyesAgainstLabel::ClosedLong)
            reasons.prepend(tr("Labelled alert, but the eyes are closed for longer than a blink"));
        for (QString &reason : reasons)
            reason.prepend(QStringLiteral("• "));
        m_reasons->setText(reasons.join(QLatin1Char('\n')));
    } else if (revealed) {
        m_given->set({}, QString());
        m_suggested->set({}, QString());
    }

    const auto &last = desk.lastAnswer();
    // Not in assisted review: it would take the room of the attention for an answer that is long given.
    const bool reveal =
        desk.isBlind() && last && last->blind && last->face && last->position != desk.queue().position();
    // In blind review its place is kept: nothing moves when the first answer or an undo changes what it says.
    QSizePolicy policy = m_lastCard->sizePolicy();
    policy.setRetainSizeWhenHidden(desk.isBlind());
    m_lastCard->setSizePolicy(policy);
    m_lastCard->setVisible(reveal);
    if (reveal) {
        const double ratio = devicePixelRatioF();
        QPixmap pixmap = QPixmap::fromImage(last->face->pixels)
                             .scaled(QSize(Theme::space(64), Theme::space(64)) * ratio, Qt::KeepAspectRatio,
                                     Qt::SmoothTransformation);
        pixmap.setDevicePixelRatio(ratio);
        m_lastFace->setPixmap(pixmap);
        m_lastText->setText(tr("Answered just now. Alt and a digit revise it."));
        switch (last->outcome) {
        case ReviewQueue::Outcome::Unsure: m_lastAnswer->set({}, tr("unsure")); break;
        case ReviewQueue::Outcome::NotAFace: m_lastAnswer->set({}, tr("not a face")); break;
        case ReviewQueue::Outcome::Skipped: m_lastAnswer->set({}, tr("skipped")); break;
        default: m_lastAnswer->set(last->label, last->label ? session.displayName(*last->label) : QString());
        }
        const SampleRow &row = last->face->row;
        m_lastGiven->set(row.given, labelWord(session, row.given, row.givenState));
        const auto suggested = row.suggested && *row.suggested ? row.suggested : row.predicted;
        m_lastSuggested->setVisible(suggested.has_value());
        if (suggested && *suggested)
            m_lastSuggested->set(suggested, session.displayName(*suggested));
    }
    if (!m_note->hasFocus())
        m_note->setText(desk.note());
}

} // namespace mien
