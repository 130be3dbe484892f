#include "studio/map/map_faces.h"

#include "pipeline/store/samples.h"
#include "studio/common/background.h"
#include "studio/common/face_images.h"
#include "studio/common/project_session.h"
#include "studio/common/thumbnail_loader.h"

namespace mien {

namespace {

constexpr qsizetype kMostRows = 20'000;

} // namespace

MapFaces::MapFaces(QObject *parent)
    : QObject(parent)
    , m_pictures(new ThumbnailLoader(this))
    , m_reader(new Background(this))
{
    connect(m_pictures, &ThumbnailLoader::loaded, this, &MapFaces::changed);
}

MapFaces::~MapFaces() = default;

void MapFaces::setSession(ProjectSession *session)
{
    m_reader->stop();
    if (m_session)
        m_session->disconnect(this);
    m_session = session;
    m_rows.clear();
    m_wanted.clear();
    m_images.reset();
    m_pictures->setImages({});
    if (!session)
        return;
    m_images = std::make_shared<FaceImages>(session->folder().toStdString());
    m_pictures->setImages(m_images);
    const auto renew = [this] {
        m_rows.clear();
        m_images->reload();
        m_pictures->forgetMissing();
        fetch();
    };
    connect(session, &ProjectSession::dataChanged, this, renew);
    connect(session, &ProjectSession::picturesMade, this, renew);
}

void MapFaces::want(std::vector<SampleId> samples, int sidePx)
{
    if (samples == m_wanted && sidePx == m_sidePx)
        return;
    m_wanted = std::move(samples);
    m_sidePx = sidePx;
    fetch();
    wantPictures();
}

void MapFaces::fetch()
{
    std::vector<SampleId> lacking;
    for (const SampleId id : m_wanted)
        if (!m_rows.contains(id.value))
            lacking.push_back(id);
    if (lacking.empty() || !m_session)
        return;
    m_reader->start(
        [readers = m_session->readers(), lacking = std::move(lacking)](const Job &) {
            return readers->with([&](const Project &project) { return sampleRows(project, lacking); });
        },
        [this](const Result<std::vector<SampleRow>> &rows) {
            if (!rows) // the window tells what cannot be read
                return;
            if (m_rows.size() > kMostRows)
                m_rows.clear();
            for (const SampleRow &row : *rows)
                m_rows.insert(row.id.value, row);
            wantPictures();
            Q_EMIT changed();
        });
}

void MapFaces::wantPictures()
{
    std::vector<ThumbnailLoader::Wish> wishes;
    for (const SampleId id : m_wanted)
        if (const SampleRow *known = row(id))
            wishes.push_back({*known, m_sidePx});
    m_pictures->want(std::move(wishes));
}

const SampleRow *MapFaces::row(SampleId sample) const
{
    const auto at = m_rows.constFind(sample.value);
    return at == m_rows.constEnd() ? nullptr : &*at;
}

const QImage *MapFaces::picture(SampleId sample, int sidePx) const
{
    return m_pictures->find(sample, sidePx);
}

bool MapFaces::isBusy() const
{
    return m_reader->isBusy() || m_pictures->isBusy();
}

} // namespace mien
