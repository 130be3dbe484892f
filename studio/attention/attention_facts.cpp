#include "studio/attention/attention_facts.h"

#include "studio/attention/reliability_card.h"
#include "studio/common/project_session.h"
#include "studio/common/share_bars.h"
#include "studio/common/theme.h"
#include "studio/review/face_loader.h"
#include "studio/review/label_words.h"

#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <optional>

namespace mien {

namespace {

struct Region
{
    const char *name, *word;
};
constexpr Region regions[] = {
    {"eyes", QT_TRANSLATE_NOOP("mien::AttentionFacts", "eyes")},
    {"brows", QT_TRANSLATE_NOOP("mien::AttentionFacts", "brows")},
    {"nose", QT_TRANSLATE_NOOP("mien::AttentionFacts", "nose")},
    {"mouth", QT_TRANSLATE_NOOP("mien::AttentionFacts", "mouth")},
    {"outside", QT_TRANSLATE_NOOP("mien::AttentionFacts", "elsewhere")},
};

QLabel *named(QLabel *label, const char *name)
{
    label->setObjectName(QLatin1String(name));
    return label;
}

QString numberText(double value)
{
    return QLocale().toString(value, 'f', 2);
}

} // namespace

AttentionFacts::AttentionFacts(QWidget *parent)
    : QWidget(parent)
    , m_title(named(Theme::words({}, Theme::Type::Heading), "attentionFace"))
    , m_source(named(Theme::words({}, Theme::Type::Secondary), "attentionSource"))
    , m_labels(named(Theme::words({}), "attentionLabels"))
    , m_consistency(named(Theme::words({}, Theme::Type::Secondary), "attentionConsistency"))
    , m_regionsOf(named(Theme::words({}, Theme::Type::Secondary), "attentionRegionsOf"))
    , m_regionsFrom(named(Theme::words({}, Theme::Type::Secondary), "attentionRegionsFrom"))
    , m_regions(new ShareBars({}, tr("Shares of attention")))
    , m_similar(new QPushButton(tr("Find similar")))
    , m_reliability(new ReliabilityCard)
{
    m_regions->setObjectName(QStringLiteral("attentionRegions"));
    m_similar->setObjectName(QStringLiteral("attentionSimilar"));
    m_similar->setAccessibleName(tr("Find faces with attention on the same part"));
    connect(m_similar, &QPushButton::clicked, this, &AttentionFacts::similarWanted);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, Theme::space(8), 0);
    column->setSpacing(Theme::space(4));
    column->addWidget(m_title);
    column->addWidget(m_source);
    column->addWidget(m_labels);
    column->addWidget(m_consistency);
    column->addSpacing(Theme::space(8));
    column->addWidget(Theme::words(tr("Where the evidence lies"), Theme::Type::Heading));
    column->addWidget(m_regionsOf);
    column->addWidget(m_regions);
    column->addWidget(m_regionsFrom);
    column->addWidget(m_similar, 0, Qt::AlignLeft);
    column->addSpacing(Theme::space(8));
    column->addWidget(Theme::words(tr("Reliability"), Theme::Type::Heading));
    column->addWidget(m_reliability);
    column->addStretch();
    clearMaps();
}

void AttentionFacts::setFace(const ReviewFace &face, const ProjectSession &session)
{
    const SampleRow &row = face.row;
    m_title->setText(tr("Sample %1").arg(row.id.value));
    const QString source = QString::fromStdString(row.source);
    m_source->setText(fontMetrics().elidedText(source, Qt::ElideMiddle, 2 * Theme::space(240)));
    m_source->setToolTip(source);
    QStringList labels{tr("given %1").arg(labelWord(session, row.given, row.givenState))};
    if (row.label && row.label != row.given)
        labels << tr("now %1").arg(session.displayName(*row.label));
    if (row.suggested && *row.suggested)
        labels << tr("suggested %1").arg(session.displayName(*row.suggested));
    m_labels->setText(labels.join(QStringLiteral(" · ")));
    QStringList scores;
    if (row.scored && std::isfinite(row.suspicion))
        scores << tr("suspicion %1").arg(numberText(row.suspicion));
    if (row.scored && std::isfinite(row.eacInconsistency)) {
        const bool spread = face.score && std::isfinite(face.score->eacSpread);
        scores << (spread ? tr("inconsistency %1 ± %2")
                                .arg(numberText(row.eacInconsistency), numberText(face.score->eacSpread))
                          : tr("inconsistency %1").arg(numberText(row.eacInconsistency)));
    }
    m_consistency->setText(scores.isEmpty() ? tr("not scored yet") : scores.join(QStringLiteral(" · ")));
}

void AttentionFacts::setMaps(const FaceMaps &maps, const QString &run, const ProjectSession &session)
{
    const auto &rows = maps.draws.front().maps;
    if (rows.empty()) {
        clearMaps();
        m_regionsOf->setText(tr("A reconstruction has no evidence for a class; choose a map for it."));
        return;
    }
    const auto predicted = std::find_if(rows.begin(), rows.end(),
                                        [&](const NamedMap &map) { return map.name == maps.predicted && !map.ofPart; });
    const NamedMap &map = predicted == rows.end() ? rows.front() : *predicted;
    m_shares = map.shares;
    m_ofParts = map.ofPart;
    std::vector<ShareBars::Bar> bars;
    for (const Region &region : regions) {
        const auto share = std::find_if(m_shares.begin(), m_shares.end(),
                                        [&](const auto &entry) { return entry.first == QLatin1String(region.name); });
        if (share != m_shares.end())
            bars.push_back({tr(region.word), QLocale().toString(100 * share->second, 'f', 0) + QStringLiteral(" %"),
                            share->second, Theme::instance().colors().accent});
    }
    m_regions->setBars(std::move(bars));
    const ExpressionClass *known = session.classNamed(map.name);
    const QString name = map.ofPart ? mapPartWord(map.name) : known ? QString::fromStdString(known->display) : map.name;
    m_regionsOf->setText(m_shares.empty() ? tr("There is no evidence for %1 in this face, by %2.").arg(name, run)
                         : map.ofPart     ? tr("of %1, by %2").arg(name, run)
                                          : tr("for %1, by %2").arg(name, run));
    m_regionsFrom->setText(maps.regionPoints == 68 ? tr("Parts lie by the 68 landmarks of this face.")
                           : maps.regionPoints == 5
                               ? tr("Parts lie by the five landmarks of this face: eyes, nose and mouth.")
                               : tr("Parts lie where an aligned face has them: the landmarks of this one are not "
                                    "known."));
    m_regionsFrom->setVisible(!m_shares.empty());
    setReasonAgainstSimilar(m_reason);
}

void AttentionFacts::clearMaps()
{
    m_shares.clear();
    m_regions->setBars({});
    m_regionsOf->setText(tr("not known yet"));
    m_regionsFrom->hide();
    setReasonAgainstSimilar(m_reason);
}

void AttentionFacts::setReasonAgainstSimilar(const QString &reason)
{
    m_reason = reason;
    const QString against = reasonAgainstSimilar();
    m_similar->setEnabled(against.isEmpty());
    m_similar->setToolTip(
        against.isEmpty() ? tr("Shows the faces in the gallery whose attention lies on the same part (S).") : against);
}

QString AttentionFacts::reasonAgainstSimilar() const
{
    if (m_shares.empty())
        return tr("The shares of this face are not known.");
    if (m_ofParts)
        return tr("What is stored of every face is where the evidence for a class lies, not what a part of the network "
                  "attends to; choose a map of classes.");
    return m_reason;
}

QString AttentionFacts::similarFilter() const
{
    return filterLike(m_shares);
}

QString AttentionFacts::filterLike(const std::vector<std::pair<QString, double>> &shares)
{
    constexpr double apart = 0.15;
    std::vector<std::pair<QString, double>> parts;
    std::optional<double> outside;
    for (const auto &share : shares)
        if (share.first == QLatin1String("outside"))
            outside = share.second;
        else
            parts.push_back(share);
    if (parts.size() < 2)
        return {};
    std::stable_sort(parts.begin(), parts.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
    // Three digits, and never above the largest share itself.
    const QString limit = QString::number(std::floor(500 * (parts[0].second + parts[1].second)) / 1000);
    const auto text = [](double value) { return QString::number(std::round(100 * value) / 100); };
    QStringList terms{QStringLiteral("attention.%1>=%2").arg(parts[0].first, limit)};
    for (std::size_t i = 1; i < parts.size(); ++i)
        terms << QStringLiteral("attention.%1<%2").arg(parts[i].first, limit);
    if (outside)
        terms << QStringLiteral("attention.outside>=%1").arg(text(std::max(0.0, *outside - apart)))
              << QStringLiteral("attention.outside<=%1").arg(text(std::min(1.0, *outside + apart)));
    return terms.join(QLatin1Char(' '));
}

} // namespace mien
