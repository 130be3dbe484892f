#include "studio/training/stage_choice.h"

#include "studio/common/theme.h"
#include "studio/training/network_catalog.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>

#include <algorithm>

namespace mien {

namespace {

/// Whether the weights of a pre-trained network fit into another one.
bool startsFrom(const QString &network, const QString &pretrained)
{
    return network == pretrained || (network == QLatin1String("qmask") && pretrained == QLatin1String("mae-grid9"));
}

} // namespace

StageChoice::StageChoice(QObject *parent)
    : QObject(parent)
    , m_stage(new QComboBox)
    , m_run(new QComboBox)
    , m_words(new QLabel)
{
    m_stage->addItem(tr("both in this run"), int(Stage::Both));
    m_stage->addItem(tr("1: pre-train"), int(Stage::Pretrain));
    m_stage->addItem(tr("2: fine-tune"), int(Stage::FineTune));
    m_words->setObjectName(QStringLiteral("trainStageWords"));
    m_words->setWordWrap(true);
    Theme::setType(m_words, Theme::Type::Secondary);
    connect(m_stage, &QComboBox::currentIndexChanged, this, [this] {
        refresh();
        Q_EMIT changed();
    });
    connect(m_run, &QComboBox::currentIndexChanged, this, [this] {
        refresh();
        Q_EMIT changed();
    });
    connect(m_run, &QComboBox::activated, this, &StageChoice::runChosen);
    connect(m_stage, &QComboBox::activated, this, [this] {
        if (isRunOffered())
            Q_EMIT runChosen(); // the one that is there already
    });
    refresh();
}

void StageChoice::setNetwork(const NetworkEntry *network)
{
    m_network = network ? network->name : QString();
    m_isOffered =
        network && std::any_of(network->settings.begin(), network->settings.end(),
                               [](const NetworkSetting &setting) { return setting.name == QLatin1String("pretrain"); });
    fillRuns();
}

void StageChoice::setRuns(const QList<PretrainedRun> &runs)
{
    m_runs = runs;
    fillRuns();
}

void StageChoice::fillRuns()
{
    const QString chosen = m_run->currentData().toString(), former = chosen.isEmpty() ? m_wantedRun : chosen;
    {
        const QSignalBlocker blocker(m_run);
        m_run->clear();
        for (const PretrainedRun &run : std::as_const(m_runs))
            if (startsFrom(m_network, run.network))
                m_run->addItem(run.words, run.run);
        if (m_run->count() == 0)
            m_run->addItem(tr("none is finished"), QString());
        m_run->setCurrentIndex(std::max(0, m_run->findData(former)));
    }
    refresh();
    Q_EMIT changed();
}

void StageChoice::refresh()
{
    m_run->setEnabled(isRunOffered() && !m_run->currentData().toString().isEmpty());
    switch (stage()) {
    case Stage::Both:
        m_words->setText(tr("First it learns what faces look like, by drawing the parts that are hidden from it; then "
                            "it learns the labels."));
        break;
    case Stage::Pretrain:
        m_words->setText(tr("It learns what faces look like, by drawing the parts that are hidden from it. Labels are "
                            "not read and nothing is scored; fine-tune from this run afterwards."));
        break;
    case Stage::FineTune:
        m_words->setText(
            initial().isEmpty()
                ? tr("It learns the labels, starting from a run that was pre-trained. Pre-train one first.")
                : tr("It learns the labels, starting from what %1 knows of faces.").arg(initial()));
        break;
    }
}

StageChoice::Stage StageChoice::stage() const
{
    return m_isOffered ? static_cast<Stage>(m_stage->currentData().toInt()) : Stage::Both;
}

void StageChoice::setStage(Stage stage)
{
    m_stage->setCurrentIndex(m_stage->findData(int(stage)));
}

bool StageChoice::isRunOffered() const
{
    return stage() == Stage::FineTune;
}

QString StageChoice::initial() const
{
    return isRunOffered() ? m_run->currentData().toString() : QString();
}

const PretrainedRun *StageChoice::initialRun() const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(),
                                    [id = initial()](const PretrainedRun &run) { return run.run == id; });
    return found == m_runs.end() ? nullptr : &*found;
}

QVariantMap StageChoice::state() const
{
    return {{QStringLiteral("stage"), m_stage->currentIndex()},
            {QStringLiteral("run"),
             m_run->currentData().toString().isEmpty() ? QVariant(m_wantedRun) : m_run->currentData()}};
}

void StageChoice::restore(const QVariantMap &state)
{
    m_wantedRun = state.value(QStringLiteral("run")).toString();
    if (const int at = m_run->findData(m_wantedRun); at >= 0 && !m_wantedRun.isEmpty())
        m_run->setCurrentIndex(at);
    m_stage->setCurrentIndex(std::clamp(state.value(QStringLiteral("stage")).toInt(), 0, m_stage->count() - 1));
}

} // namespace mien
