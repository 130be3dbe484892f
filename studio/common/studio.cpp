#include "studio/common/studio.h"

#include <algorithm>

namespace mien {

void Studio::setCurrentSample(SampleId sample)
{
    if (m_currentSample == sample)
        return;
    m_currentSample = sample;
    Q_EMIT currentSampleChanged(sample);
}

void Studio::setSelection(std::vector<SampleId> samples)
{
    std::sort(samples.begin(), samples.end());
    if (m_selection == samples)
        return;
    m_selection = std::move(samples);
    Q_EMIT selectionChanged();
}

void Studio::openQueue(const QueueRequest &request)
{
    m_lastQueue = request;
    showPage(QStringLiteral("review"));
    Q_EMIT queueRequested(request);
}

void Studio::openAttention(const QueueRequest &request)
{
    const SampleId begin = m_currentSample; // a page that comes to the front may choose its own
    showPage(QStringLiteral("attention"));
    setCurrentSample(begin);
    Q_EMIT attentionRequested(request);
}

void Studio::openSample(SampleId sample)
{
    showPage(QStringLiteral("gallery"));
    Q_EMIT sampleRequested(sample);
}

void Studio::openFilter(const QString &filter)
{
    showPage(QStringLiteral("gallery"));
    Q_EMIT filterRequested(filter);
}

void Studio::openExport(const QString &filter)
{
    showPage(QStringLiteral("export"));
    Q_EMIT exportRequested(filter);
}

void Studio::playMoment()
{
    showInspector();
    Q_EMIT momentRequested();
}

} // namespace mien
