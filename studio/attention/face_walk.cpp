#include "studio/attention/face_walk.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/project_session.h"

#include <algorithm>

namespace mien {

FaceWalk::FaceWalk(QObject *parent)
    : QObject(parent)
    , m_looking(new Background(this))
{
}

FaceWalk::~FaceWalk() = default;

void FaceWalk::setSession(ProjectSession *session)
{
    m_looking->stop();
    m_session = session;
    take({}, {}, {}, {});
    m_opened = false;
}

bool FaceWalk::isBusy() const
{
    return m_looking->isBusy();
}

void FaceWalk::openSamples(const QString &title, std::vector<SampleId> samples, SampleId at)
{
    m_looking->stop();
    m_opened = true;
    take(title, {}, std::move(samples), at);
}

void FaceWalk::openFilter(const QString &filter, SampleId at)
{
    look({filter}, at);
}

void FaceWalk::openStandard(SampleId at)
{
    look({QStringLiteral("flag:open"), QString()}, at);
}

void FaceWalk::look(std::vector<QString> filters, SampleId at)
{
    if (!m_session)
        return;
    m_opened = true;
    m_looking->start(
        [readers = m_session->readers(), filters = std::move(filters)](const Job &) {
            return readers->with([&](const Project &project) -> Result<Found> {
                Found found;
                for (const QString &filter : filters) {
                    auto samples = samplesMatching(project, filter.toStdString(), {"suspicion", true});
                    if (!samples)
                        return fail(samples.error());
                    found = {filter, std::move(*samples)};
                    if (!found.samples.empty())
                        break;
                }
                return found;
            });
        },
        [this, at](const Result<Found> &found) {
            if (found)
                take({}, found->filter, found->samples, at);
            else
                Q_EMIT failed(QString::fromStdString(found.error().message));
        });
}

void FaceWalk::take(QString title, QString filter, std::vector<SampleId> samples, SampleId at)
{
    m_title = std::move(title);
    m_filter = std::move(filter);
    m_samples = std::move(samples);
    const auto found = std::find(m_samples.begin(), m_samples.end(), at);
    m_position = found == m_samples.end() ? 0 : int(found - m_samples.begin());
    Q_EMIT listChanged();
    Q_EMIT moved();
}

SampleId FaceWalk::at(int position) const
{
    return position >= 0 && position < size() ? m_samples[std::size_t(position)] : SampleId{};
}

void FaceWalk::goTo(int position)
{
    position = std::clamp(position, 0, std::max(0, size() - 1));
    if (position == m_position)
        return;
    m_position = position;
    Q_EMIT moved();
}

} // namespace mien
