#pragma once

#include "pipeline/store/sample.h"
#include "studio/common/face_images.h"

#include <QImage>
#include <QObject>

#include <functional>
#include <memory>
#include <vector>

namespace mien {

/// Pictures for many cells: decoded on worker threads, the wished-for first, kept in a cache of the least recently
/// used. A new list of wishes drops the former one; what is being decoded already still arrives.
class ThumbnailLoader : public QObject
{
    Q_OBJECT

public:
    explicit ThumbnailLoader(QObject *parent = nullptr);
    ~ThumbnailLoader() override; ///< Waits for at most one picture a thread.

    /// Where pictures come from; called on worker threads. Clears the cache.
    using Source = std::function<QImage(const SampleRow &sample, int sidePx)>;
    void setSource(Source source);
    void setImages(std::shared_ptr<FaceImages> images); ///< The usual source; null for none.

    /// Null when it is not there yet. `sidePx` in device pixels.
    const QImage *find(SampleId sample, int sidePx) const;
    struct Wish
    {
        SampleRow sample;
        int sidePx = 0;
    };
    void want(std::vector<Wish> wishes); ///< In order of urgency; those in the cache are left out.
    bool isBusy() const;
    void forgetMissing();             ///< Tries pictures that could not be had again, e.g. after an import added them.
    void setCacheBytes(qint64 bytes); ///< 128 MB unless told.

Q_SIGNALS:
    void loaded(); ///< One or more pictures arrived; at most 60 a second.

private:
    struct State;
    std::shared_ptr<State> m_state;
};

} // namespace mien
