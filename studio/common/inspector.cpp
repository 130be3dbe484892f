#include "studio/common/inspector.h"

#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/face_source.h"
#include "studio/common/icons.h"
#include "studio/common/project_session.h"
#include "studio/common/settings.h"
#include "studio/common/share_bars.h"
#include "studio/common/source_panel.h"
#include "studio/common/theme.h"

#include <QDateTime>
#include <QGridLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace mien {

namespace {

constexpr int kPictureLines = 8; // of 24 px: the source's picture

/// A class as chip and word, or a word alone.
class ChipLabel : public QWidget
{
public:
    ChipLabel(ClassLook look, QString word, ChipStyle style)
        : m_look(std::move(look))
        , m_word(std::move(word))
        , m_style(style)
    {
        setAccessibleName(m_word);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    QSize sizeHint() const override
    {
        return {int(Theme::chipWidth(font())) + 8 + fontMetrics().horizontalAdvance(m_word) + 4,
                int(Theme::chipHeight(font())) + 2};
    }

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.setFont(font());
        const double width =
            Theme::paintChip(painter, {0, (height() - Theme::chipHeight(font())) / 2}, m_look, m_style);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(QRectF(width + 8, 0, this->width() - width - 8, height()), Qt::AlignVCenter, m_word);
    }

private:
    ClassLook m_look;
    QString m_word;
    ChipStyle m_style;
};

QLabel *label(const QString &text, Theme::Type type = Theme::Type::Body)
{
    auto *made = new QLabel(text);
    made->setWordWrap(true);
    made->setTextFormat(Qt::PlainText);
    Theme::setType(made, type);
    return made;
}

QFrame *line()
{
    auto *frame = new QFrame;
    frame->setProperty("line", true);
    return frame;
}

QString stateWords(LabelState state)
{
    switch (state) {
    case LabelState::Ok: return {};
    case LabelState::Unlabeled: return Inspector::tr("unlabelled");
    case LabelState::Uncertain: return Inspector::tr("unsure");
    case LabelState::NoneOfThese: return Inspector::tr("none of these");
    case LabelState::NotAFace: return Inspector::tr("not a face");
    case LabelState::Excluded: return Inspector::tr("excluded");
    case LabelState::Conflict: return Inspector::tr("in conflict");
    case LabelState::Unmapped: return Inspector::tr("not mapped");
    }
    return {};
}

QString judgedWord(std::string_view field)
{
    return field == "judged.gender" ? Inspector::tr("gender")
           : field == "judged.race" ? Inspector::tr("race")
           : field == "judged.age"  ? Inspector::tr("age")
                                    : QString::fromUtf8(field.data(), qsizetype(field.size()));
}

} // namespace

Inspector::Inspector(Studio &studio, QWidget *parent)
    : QScrollArea(parent)
    , m_studio(studio)
    , m_background(new Background(this))
    , m_column(new QVBoxLayout)
    , m_showSource(new QToolButton)
    , m_sourcePanel(new SourcePanel)
    , m_source(new FaceSource(*m_sourcePanel, this))
{
    setObjectName(QStringLiteral("inspector"));
    setAccessibleName(tr("Inspector"));
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumWidth(Theme::space(24) * 11);
    m_showSource->setObjectName(QStringLiteral("inspectorSource"));
    m_showSource->setText(tr("Source"));
    m_showSource->setAccessibleName(tr("Show the source of the face"));
    m_showSource->setToolTip(tr("The original picture or video of the face, and what plays its moment."));
    m_showSource->setIcon(icon(QStringLiteral("file")));
    m_showSource->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_showSource->setCheckable(true);
    m_sourcePanel->setObjectName(QStringLiteral("inspectorSourcePanel"));
    m_sourcePanel->setLeastPictureHeight(Theme::space(24) * kPictureLines);
    auto *content = new QWidget;
    auto *source = new QVBoxLayout;
    source->setContentsMargins(Theme::space(8) - 1, Theme::space(8) - 1, Theme::space(8) - 1, 0);
    source->setSpacing(Theme::space(8));
    source->addWidget(m_showSource, 0, Qt::AlignLeft);
    source->addWidget(m_sourcePanel);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(0);
    m_column->addLayout(source);
    content->setLayout(m_column);
    setWidget(content);
    connect(m_showSource, &QToolButton::toggled, this, &Inspector::setSourceShown);
    connect(m_source, &FaceSource::hint, &studio, &Studio::announce);
    connect(&studio, &Studio::momentRequested, this, [this] {
        if (m_showSource->isChecked() && m_source->isVideo()) {
            m_source->playMoment();
            return;
        }
        m_showSource->setChecked(true);
        m_source->playOnceShown();
    });
    m_sourcePanel->setVisible(false);
    m_showSource->setChecked(settings().value(QStringLiteral("inspector/source"), false).toBool());
    connect(&studio, &Studio::currentSampleChanged, this, &Inspector::load);
    connect(&studio, &Studio::currentSampleChanged, this, &Inspector::followSample);
    connect(&studio, &Studio::sessionChanged, this, &Inspector::setSession);
    connect(&Theme::instance(), &Theme::changed, this, &Inspector::load); // its bars carry the colours
    show(nullptr);
}

Inspector::~Inspector() = default;

void Inspector::showEvent(QShowEvent *event)
{
    QScrollArea::showEvent(event);
    followSample();
}

void Inspector::hideEvent(QHideEvent *event)
{
    QScrollArea::hideEvent(event);
    followSample();
}

void Inspector::setSourceShown(bool shown)
{
    settings().setValue(QStringLiteral("inspector/source"), shown);
    followSample();
}

/// The original is opened only where somebody sees it.
void Inspector::followSample()
{
    const SampleId sample = m_session ? m_studio.currentSample() : SampleId{};
    m_showSource->setVisible(bool(sample));
    m_sourcePanel->setVisible(sample && m_showSource->isChecked());
    m_source->setFace(isVisible() && m_showSource->isChecked() ? sample : SampleId{}, true);
}

void Inspector::setSession(ProjectSession *session)
{
    m_background->stop();
    m_session = session;
    m_source->setSession(session);
    m_images.reset();
    if (session) {
        m_images = std::make_shared<FaceImages>(session->folder().toStdString());
        connect(session, &ProjectSession::dataChanged, this, &Inspector::load);
        connect(session, &ProjectSession::picturesMade, this, [this] {
            m_images->reload();
            load();
        });
    }
    load();
    followSample();
}

void Inspector::load()
{
    const SampleId sample = m_studio.currentSample();
    if (!m_session || !sample) {
        m_background->stop();
        show(nullptr);
        return;
    }
    m_background->start(
        [readers = m_session->readers(), images = m_images, sample](const Job &) {
            return readers->with([&](const Project &project) -> Result<Facts> {
                const SampleId ids[] = {sample};
                auto rows = sampleRows(project, ids);
                if (!rows)
                    return fail(rows.error());
                if (rows->empty())
                    return fail(ErrorCode::NotFound, "The sample is no longer in the project.");
                Facts facts;
                facts.row = std::move(rows->front());
                facts.scores = scoreOf(project, sample);
                facts.annotations = annotationsOf(project, sample);
                if (auto given = givenFieldsOf(project, sample))
                    facts.given = std::move(*given);
                else
                    return fail(given.error());
                facts.face = images->thumbnail(facts.row, 192);
                return facts;
            });
        },
        [this](const Result<Facts> &facts) { show(facts ? &*facts : nullptr); });
}

void Inspector::show(const Facts *facts)
{
    auto *body = new QWidget;
    auto *layout = new QVBoxLayout(body);
    layout->setContentsMargins(Theme::space(8) - 1, Theme::space(8) - 1, Theme::space(8) - 1, Theme::space(8) - 1);
    layout->setSpacing(Theme::space(8));
    const auto finish = [&] {
        layout->addStretch();
        delete m_body;
        m_body = body;
        m_column->addWidget(body, 1);
        body->show();
    };
    if (!facts || !m_session) {
        layout->addWidget(
            label(tr("Select a face to see its labels, scores, votes and history."), Theme::Type::Secondary));
        finish();
        return;
    }
    const SampleRow &row = facts->row;
    const Theme &theme = Theme::instance();
    const QLocale locale;
    const auto number = [&](double value) { return std::isfinite(value) ? locale.toString(value, 'f', 2) : tr("n/a"); };

    auto *face = new QLabel;
    face->setAlignment(Qt::AlignCenter);
    face->setAccessibleName(tr("Picture of the sample"));
    if (!facts->face.isNull()) {
        const int side = Theme::space(24) * 6;
        const double ratio = devicePixelRatioF();
        QPixmap pixmap = QPixmap::fromImage(
            facts->face.scaled(QSize(side, side) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        pixmap.setDevicePixelRatio(ratio);
        face->setPixmap(pixmap);
    } else {
        face->setText(tr("no picture kept"));
    }
    layout->addWidget(face);
    auto *source = label(
        QFontMetrics(font()).elidedText(QString::fromStdString(row.source), Qt::ElideMiddle, Theme::space(24) * 10),
        Theme::Type::Secondary);
    source->setToolTip(QString::fromStdString(row.source));
    source->setAlignment(Qt::AlignCenter);
    layout->addWidget(source);

    auto *labels = new QGridLayout;
    labels->setColumnStretch(1, 1);
    labels->setVerticalSpacing(Theme::space(4));
    int line_ = 0;
    const auto addClass = [&](const QString &name, std::optional<ClassId> id, LabelState state, ChipStyle style) {
        labels->addWidget(label(name, Theme::Type::Secondary), line_, 0);
        const QString words = id && state == LabelState::Ok ? m_session->displayName(*id) : stateWords(state);
        const ExpressionClass *expression = id ? m_session->classOf(*id) : nullptr;
        labels->addWidget(new ChipLabel(expression ? theme.look(*expression) : theme.lookOf({}), words, style), line_++,
                          1);
    };
    addClass(tr("Given"), row.given, row.givenState, ChipStyle::Filled);
    addClass(tr("Now"), row.label, row.state, ChipStyle::Filled);
    if (row.scored && row.predicted)
        addClass(tr("Predicted"), row.predicted, LabelState::Ok, ChipStyle::Outlined);
    if (row.scored && row.suggested)
        addClass(tr("Suggested"), row.suggested, LabelState::Ok, ChipStyle::Outlined);
    layout->addLayout(labels);

    QStringList facts_;
    if (row.split != Split::None)
        facts_ << tr("split %1").arg(QString::fromUtf8(nameOf(row.split).data(), qsizetype(nameOf(row.split).size())));
    if (!row.subject.empty())
        facts_ << tr("subject %1").arg(QString::fromStdString(row.subject));
    if (row.duplicateGroupSize > 1)
        facts_ << tr("one of %Ln identical pictures", nullptr, row.duplicateGroupSize);
    if (row.excluded)
        facts_ << tr("excluded");
    for (const std::string &tag : row.tags)
        facts_ << QStringLiteral("#") + QString::fromStdString(tag);
    facts_ << tr("%1 × %2 px").arg(row.widthPx).arg(row.heightPx);
    layout->addWidget(label(facts_.join(QStringLiteral(" · ")), Theme::Type::Secondary));

    QStringList judged, lists;
    for (const GivenField &given : facts->given) {
        const QString name = QString::fromStdString(given.field.substr(given.field.find('.') + 1));
        if (given.field.starts_with(layerPrefix)) {
            const auto label = canonicalClassNamed(given.value);
            lists << QStringLiteral("%1 %2").arg(name, label ? m_session->displayName(*label)
                                                             : QString::fromStdString(given.value));
        } else {
            judged << QStringLiteral("%1 %2").arg(judgedWord(given.field), QString::fromStdString(given.value));
        }
    }
    if (!judged.isEmpty())
        layout->addWidget(
            label(tr("Annotators' judgement: %1").arg(judged.join(QStringLiteral(", "))), Theme::Type::Secondary));
    if (!lists.isEmpty())
        layout->addWidget(
            label(tr("Other lists of labels: %1").arg(lists.join(QStringLiteral(", "))), Theme::Type::Secondary));

    if (facts->scores) {
        const ScoreRow &scores = *facts->scores;
        layout->addWidget(line());
        auto *title = label(row.stale ? tr("Evidence (stale: the label or the model changed since)") : tr("Evidence"),
                            Theme::Type::Heading);
        title->setEnabled(!row.stale);
        layout->addWidget(title);
        if (scores.inSample)
            layout->addWidget(label(tr("By a model that saw this sample: weak evidence."), Theme::Type::Secondary));
        const QColor color = row.stale ? theme.colors().secondary : theme.colors().accent;
        const auto bar = [&](const QString &name, double value) {
            return ShareBars::Bar{name, number(value), value, color};
        };
        layout->addWidget(new ShareBars(
            {bar(tr("Suspicion"), scores.suspicion), bar(tr("EAC noise"), scores.eacNoise),
             bar(tr("EAC inconsistency"), scores.eacInconsistency), bar(tr("ARBEx noise"), scores.arbexNoise),
             bar(tr("ARBEx confidence"), scores.arbexConfidence), bar(tr("Confident learning"), scores.clNoise),
             bar(tr("Self-confidence"), scores.selfConfidence), bar(tr("Margin"), scores.margin)},
            tr("Scores")));
        const QJsonArray reasons = QJsonDocument::fromJson(QByteArray::fromStdString(scores.reasonsJson)).array();
        for (const auto &reason : reasons)
            layout->addWidget(label(QStringLiteral("• ") + reason.toObject()[QStringLiteral("text")].toString()));
    }
    if (!row.votes.empty()) {
        layout->addWidget(line());
        int total = 0;
        for (const auto &[name, count] : row.votes)
            total += count;
        layout->addWidget(label(tr("Votes of %Ln person(s)", nullptr, total), Theme::Type::Heading));
        std::vector<std::pair<std::string, int>> votes(row.votes.begin(), row.votes.end());
        std::stable_sort(votes.begin(), votes.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
        std::vector<ShareBars::Bar> bars;
        for (const auto &[name, count] : votes) {
            if (count <= 0)
                continue;
            const auto id = canonicalClassNamed(name);
            bars.push_back({id ? m_session->displayName(*id) : QString::fromStdString(name), QString::number(count),
                            total > 0 ? double(count) / total : 0, theme.lookOf(id.value_or(ClassId{})).color});
        }
        layout->addWidget(new ShareBars(std::move(bars), tr("Votes")));
    }
    layout->addWidget(line());
    layout->addWidget(label(tr("History"), Theme::Type::Heading));
    if (facts->annotations.empty())
        layout->addWidget(label(tr("Nobody has looked at it yet."), Theme::Type::Secondary));
    for (const AnnotationRow &annotation : facts->annotations) {
        QString text = QString::fromStdString(annotation.verdict);
        if (annotation.second)
            text += tr(" (or %1)").arg(QString::fromStdString(*annotation.second));
        if (annotation.withdrawn)
            text += tr(", undone");
        if (annotation.blind)
            text += annotation.afterReveal ? tr(", after the reveal") : tr(", blind");
        if (!annotation.note.empty())
            text += QStringLiteral(": ") + QString::fromStdString(annotation.note);
        auto *entry = label(text);
        entry->setEnabled(!annotation.withdrawn);
        layout->addWidget(entry);
        const QString when = locale.toString(QDateTime::fromMSecsSinceEpoch(annotation.atMs), QLocale::ShortFormat);
        QString who = annotation.annotator.empty() ? QString::fromStdString(annotation.source)
                                                   : QString::fromStdString(annotation.annotator);
        if (annotation.seconds > 0)
            who += tr(" · %1 s").arg(locale.toString(annotation.seconds, 'f', 1));
        layout->addWidget(label(QStringLiteral("%1 · %2").arg(who, when), Theme::Type::Secondary));
    }
    finish();
}

} // namespace mien
