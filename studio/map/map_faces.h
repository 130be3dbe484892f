#pragma once

#include "pipeline/store/sample.h"

#include <QHash>
#include <QObject>
#include <QPointer>

#include <memory>
#include <optional>
#include <vector>

namespace mien {

class Background;
class FaceImages;
class ProjectSession;
class ThumbnailLoader;

/// The faces of points that are seen closely: what is known of them, and their pictures. GUI thread only.
class MapFaces : public QObject
{
    Q_OBJECT

public:
    explicit MapFaces(QObject *parent = nullptr);
    ~MapFaces() override;

    void setSession(ProjectSession *session);
    /// Fetches what is not known yet of these; a new list drops what the former one still lacked.
    void want(std::vector<SampleId> samples, int sidePx);
    const SampleRow *row(SampleId sample) const;              ///< Null while it is being fetched.
    const QImage *picture(SampleId sample, int sidePx) const; ///< The same.
    bool isBusy() const;

Q_SIGNALS:
    void changed(); ///< Rows or pictures arrived.

private:
    void fetch();
    void wantPictures();

    QPointer<ProjectSession> m_session;
    std::shared_ptr<FaceImages> m_images;
    ThumbnailLoader *m_pictures;
    Background *m_reader;
    QHash<qint64, SampleRow> m_rows;
    std::vector<SampleId> m_wanted;
    int m_sidePx = 96;
};

} // namespace mien
