#include "studio/training/run_trials.h"

#include "studio/common/plots/line_plot.h"
#include "studio/common/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace mien {

namespace {

QJsonObject objectOf(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

QString share(double value)
{
    return QLocale().toString(value, 'f', 3);
}

QString points(double value)
{
    return RunTrials::tr("%1 %").arg(QLocale().toString(100 * value, 'f', 1));
}

QString withInterval(const QJsonObject &score, const char *name)
{
    const QString key = QLatin1String(name);
    return RunTrials::tr("%1 (%2 to %3)")
        .arg(share(score[key].toDouble()), share(score[key + QStringLiteral("_low")].toDouble()),
             share(score[key + QStringLiteral("_high")].toDouble()));
}

/// As the scores are called elsewhere in the window.
QString wordsOf(const QString &score)
{
    static const std::pair<const char *, const char *> known[] = {
        {"suspicion", QT_TRANSLATE_NOOP("mien::RunTrials", "Suspicion (all evidence)")},
        {"eac_noise", QT_TRANSLATE_NOOP("mien::RunTrials", "Attention: distrust")},
        {"eac_inconsistency", QT_TRANSLATE_NOOP("mien::RunTrials", "Attention: inconsistency")},
        {"arbex_noise", QT_TRANSLATE_NOOP("mien::RunTrials", "Reliability: noise")},
        {"1 - arbex_confidence", QT_TRANSLATE_NOOP("mien::RunTrials", "Reliability: low confidence")},
        {"cl_noise", QT_TRANSLATE_NOOP("mien::RunTrials", "Confident learning: margin")},
        {"1 - self_confidence", QT_TRANSLATE_NOOP("mien::RunTrials", "Confident learning: self-confidence")},
    };
    for (const auto &[name, words] : known)
        if (score == QLatin1String(name))
            return RunTrials::tr(words);
    return score;
}

QHBoxLayout *row(std::initializer_list<QWidget *> parts)
{
    auto *layout = new QHBoxLayout;
    layout->setSpacing(Theme::space(8));
    for (QWidget *part : parts)
        layout->addWidget(part);
    layout->addStretch();
    return layout;
}

} // namespace

RunTrials::RunTrials(QWidget *parent)
    : QWidget(parent)
    , m_rate(new QSpinBox)
    , m_pairs(new QSpinBox)
    , m_shape(new QComboBox)
    , m_shown(new QComboBox)
    , m_test(new QPushButton(tr("Test")))
    , m_measure(new QPushButton(tr("Measure")))
    , m_fixed(new QPushButton)
    , m_broken(new QPushButton)
    , m_scores(new QTableWidget(0, 3))
    , m_found(new LinePlot)
    , m_words(Theme::words({}, Theme::Type::Secondary))
    , m_effectWords(Theme::words({}, Theme::Type::Secondary))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::space(8), 0, 0);
    layout->setSpacing(Theme::space(12));
    layout->addWidget(makeSelfTest(), 1);
    layout->addWidget(makeEffect());
    setResults({}, {});
}

QWidget *RunTrials::makeSelfTest()
{
    auto *panel = new QWidget;
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(8));
    auto *title = new QLabel(tr("Self-test"));
    Theme::setType(title, Theme::Type::Heading);
    layout->addWidget(title);
    m_rate->setObjectName(QStringLiteral("trialsRate"));
    m_rate->setAccessibleName(tr("Share of the labels that is flipped"));
    m_rate->setRange(1, 50);
    m_rate->setValue(10);
    m_rate->setSuffix(tr(" %"));
    m_shape->setObjectName(QStringLiteral("trialsShape"));
    m_shape->setAccessibleName(tr("Which wrong labels"));
    m_shape->addItem(tr("to any other class"), QStringLiteral("uniform"));
    m_shape->addItem(tr("as labels are confused now"), QStringLiteral("confusion"));
    m_test->setObjectName(QStringLiteral("trialsTest"));
    m_test->setAccessibleName(tr("Test: flip labels in a copy, train it, look how well they are found"));
    connect(m_test, &QPushButton::clicked, this,
            [this] { Q_EMIT selfTestWanted(m_rate->value() / 100.0, m_shape->currentData().toString()); });
    layout->addLayout(row({new QLabel(tr("Flip")), m_rate, m_shape, m_test}));
    m_shown->setObjectName(QStringLiteral("trialsShown"));
    m_shown->setAccessibleName(tr("Self-test that is shown"));
    connect(m_shown, &QComboBox::currentIndexChanged, this, &RunTrials::showSelfTest);
    layout->addWidget(m_shown, 0, Qt::AlignLeft);
    m_scores->setObjectName(QStringLiteral("trialsScores"));
    m_scores->setAccessibleName(tr("How well each score found the flipped labels"));
    m_scores->setHorizontalHeaderLabels({tr("Score"), tr("AUROC"), tr("Right of as many")});
    m_scores->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_scores->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_scores->setSelectionMode(QAbstractItemView::SingleSelection);
    m_scores->setShowGrid(false);
    m_scores->setTabKeyNavigation(false);
    m_scores->verticalHeader()->hide();
    m_scores->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_scores->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_scores->horizontalHeader()->setStretchLastSection(true);
    m_scores->setMinimumHeight(Theme::space(120));
    layout->addWidget(m_scores, 1);
    m_found->setObjectName(QStringLiteral("trialsFound"));
    m_found->setAccessibleName(tr("Flipped labels found against faces reviewed"));
    m_found->setTitle(tr("Flipped labels found"));
    m_found->setAxes(tr("reviewed"), tr("share found"));
    m_found->setSmoothing(0);
    m_found->setYRange(std::pair(0.0, 1.0));
    m_found->setMinimumHeight(Theme::space(130));
    layout->addWidget(m_found, 1);
    layout->addWidget(m_words);
    return panel;
}

QWidget *RunTrials::makeEffect()
{
    auto *panel = new QWidget;
    auto *layout = new QVBoxLayout(panel);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::space(8));
    auto *title = new QLabel(tr("Effect of the corrections"));
    Theme::setType(title, Theme::Type::Heading);
    layout->addWidget(title);
    m_pairs->setObjectName(QStringLiteral("trialsPairs"));
    m_pairs->setAccessibleName(tr("Pairs of trainings"));
    m_pairs->setRange(1, 10);
    m_pairs->setValue(3);
    m_measure->setObjectName(QStringLiteral("trialsMeasure"));
    m_measure->setAccessibleName(tr("Measure: train on the labels of then and of now, in pairs"));
    connect(m_measure, &QPushButton::clicked, this, [this] { Q_EMIT effectWanted(m_pairs->value()); });
    layout->addLayout(
        row({new QLabel(tr("Train")), m_pairs, new QLabel(tr("pairs, on the labels of then and of now")), m_measure}));
    layout->addWidget(m_effectWords);
    m_fixed->setObjectName(QStringLiteral("trialsFixed"));
    m_broken->setObjectName(QStringLiteral("trialsBroken"));
    connect(m_fixed, &QPushButton::clicked, this, [this] { openFaces(tr("Fixed by the corrections"), "fixed"); });
    connect(m_broken, &QPushButton::clicked, this, [this] { openFaces(tr("Broken by the corrections"), "broken"); });
    layout->addLayout(row({m_fixed, m_broken}));
    return panel;
}

void RunTrials::setWritable(bool writable, const QString &reason)
{
    for (QPushButton *button : {m_test, m_measure}) {
        button->setEnabled(writable);
        button->setToolTip(writable ? QString() : reason);
    }
}

void RunTrials::setResults(const QList<QByteArray> &selfTests, const QByteArray &effect)
{
    m_selfTests = selfTests;
    std::stable_sort(m_selfTests.begin(), m_selfTests.end(), [](const QByteArray &a, const QByteArray &b) {
        return objectOf(a)[QStringLiteral("at_ms")].toDouble() > objectOf(b)[QStringLiteral("at_ms")].toDouble();
    });
    m_effect = effect;
    {
        const QSignalBlocker quiet(m_shown);
        m_shown->clear();
        for (const QByteArray &text : m_selfTests) {
            const QJsonObject test = objectOf(text);
            m_shown->addItem(tr("%1 flipped, %2, %3")
                                 .arg(points(test[QStringLiteral("rate")].toDouble()),
                                      test[QStringLiteral("shape")].toString() == QLatin1String("uniform")
                                          ? tr("to any other class")
                                          : tr("as labels are confused"),
                                      QLocale().toString(QDateTime::fromMSecsSinceEpoch(
                                                             qint64(test[QStringLiteral("at_ms")].toDouble())),
                                                         QLocale::ShortFormat)));
        }
    }
    showSelfTest();

    const QJsonObject result = objectOf(m_effect);
    const QString fixed = QStringLiteral("fixed"), broken = QStringLiteral("broken");
    const auto count = [&](const QString &which) { return int(result[which].toArray().size()); };
    m_fixed->setVisible(count(fixed) > 0);
    m_broken->setVisible(count(broken) > 0);
    m_fixed->setText(tr("Review %Ln fixed face(s)", nullptr, count(fixed)));
    m_broken->setText(tr("Review %Ln broken face(s)", nullptr, count(broken)));
    if (result.isEmpty()) {
        m_effectWords->setText(
            tr("Trainings with the same seed and the same folds, with and without what was corrected "
               "since, judged by the labels as they are now."));
        return;
    }
    const double low = result[QStringLiteral("low")].toDouble(), high = result[QStringLiteral("high")].toDouble();
    const QString verdict = low > 0    ? tr("The corrections help.")
                            : high < 0 ? tr("The corrections do harm.")
                                       : tr("Not clear: chance alone may do this.");
    m_effectWords->setText(
        tr("Accuracy %1 without and %2 with the corrections: a difference of %3 (95 % lie in %4 to %5), by "
           "%Ln pair(s).",
           nullptr, int(result[QStringLiteral("pairs")].toArray().size()))
            .arg(points(result[QStringLiteral("accuracy_before")].toDouble()),
                 points(result[QStringLiteral("accuracy_after")].toDouble()),
                 points(result[QStringLiteral("difference")].toDouble()), points(low), points(high)) +
        QLatin1Char(' ') + verdict);
}

void RunTrials::showSelfTest()
{
    const bool any = !m_selfTests.isEmpty();
    m_shown->setVisible(m_selfTests.size() > 1);
    m_scores->setVisible(any);
    m_found->setVisible(any);
    m_scores->setRowCount(0);
    if (!any) {
        m_words->setText(
            tr("A copy of the labels gets wrong ones on purpose, and is trained and flagged as this run was: "
               "then it shows how many of them each score finds. Takes as long as the training did; "
               "nothing of the project changes."));
        return;
    }
    const QJsonObject test = objectOf(m_selfTests.value(std::max(0, m_shown->currentIndex())));
    const QJsonArray scores = test[QStringLiteral("scores")].toArray();
    const QJsonArray reviewed = test[QStringLiteral("reviewed")].toArray();
    std::vector<PlotLine> lines;
    for (const QJsonValue &value : scores) {
        const QJsonObject score = value.toObject();
        const int at = m_scores->rowCount();
        m_scores->insertRow(at);
        const QString name = wordsOf(score[QStringLiteral("name")].toString());
        m_scores->setItem(at, 0, new QTableWidgetItem(name));
        m_scores->setItem(at, 1, new QTableWidgetItem(withInterval(score, "auroc")));
        m_scores->setItem(at, 2, new QTableWidgetItem(withInterval(score, "precision")));
        if (at > 0)
            continue;
        PlotLine line{tr("best"), Theme::instance().colors().accent, {{0, 0}}};
        const QJsonArray found = score[QStringLiteral("found")].toArray();
        for (qsizetype i = 0; i < std::min(found.size(), reviewed.size()); ++i)
            line.points.emplace_back(reviewed[i].toDouble(), found[i].toDouble());
        lines.push_back(std::move(line));
    }
    if (!lines.empty()) {
        const double last = lines.front().points.back().x();
        lines.push_back({tr("any order"), Theme::instance().colors().secondary, {{0, 0}, {last, last}}});
    }
    m_found->setLines(std::move(lines));
    m_words->setText(
        tr("%Ln label(s) were flipped. \"Right of as many\" is the share of flipped ones among as many of the "
           "most suspicious; labels that were wrong before count against it. Best on this data: %1.",
           nullptr, test[QStringLiteral("flipped")].toInt())
            .arg(wordsOf(test[QStringLiteral("best")].toString())));
}

void RunTrials::openFaces(const QString &title, const char *member)
{
    std::vector<SampleId> samples;
    for (const QJsonValue &value : objectOf(m_effect)[QLatin1String(member)].toArray())
        samples.push_back(SampleId{qint64(value.toDouble())});
    Q_EMIT facesWanted(title, samples);
}

} // namespace mien
