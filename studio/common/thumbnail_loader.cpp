#include "studio/common/thumbnail_loader.h"

#include <QCache>
#include <QMetaObject>
#include <QThread>
#include <QThreadPool>

#include <algorithm>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace mien {

namespace {

struct Key
{
    std::int64_t sample = 0;
    int sidePx = 0;
    bool operator==(const Key &) const = default;
};

size_t qHash(const Key &key, size_t seed = 0)
{
    return qHashMulti(seed, key.sample, key.sidePx);
}

} // namespace

struct ThumbnailLoader::State
{
    // GUI thread:
    QCache<Key, QImage> cache{128 * 1024};
    bool announced = false;

    std::mutex mutex;
    Source source;
    std::deque<Wish> wishes;
    std::vector<std::pair<Key, QImage>> ready;
    int working = 0;
    quint64 generation = 0;
    bool closed = false;
    QThreadPool pool;
};

ThumbnailLoader::ThumbnailLoader(QObject *parent)
    : QObject(parent)
    , m_state(std::make_shared<State>())
{
    m_state->pool.setMaxThreadCount(std::clamp(QThread::idealThreadCount() - 1, 1, 4));
}

ThumbnailLoader::~ThumbnailLoader()
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->closed = true;
        m_state->wishes.clear();
    }
    m_state->pool.waitForDone();
}

void ThumbnailLoader::setSource(Source source)
{
    const std::lock_guard lock(m_state->mutex);
    m_state->source = std::move(source);
    m_state->wishes.clear();
    m_state->ready.clear();
    ++m_state->generation;
    m_state->cache.clear();
}

void ThumbnailLoader::setImages(std::shared_ptr<FaceImages> images)
{
    if (!images) {
        setSource({});
        return;
    }
    setSource([images](const SampleRow &sample, int sidePx) { return images->thumbnail(sample, sidePx); });
}

void ThumbnailLoader::forgetMissing()
{
    for (const Key &key : m_state->cache.keys()) {
        if (const QImage *image = m_state->cache.object(key); image && image->width() <= 1)
            m_state->cache.remove(key);
    }
}

void ThumbnailLoader::setCacheBytes(qint64 bytes)
{
    m_state->cache.setMaxCost(bytes / 1024);
}

const QImage *ThumbnailLoader::find(SampleId sample, int sidePx) const
{
    return m_state->cache.object({sample.value, sidePx});
}

bool ThumbnailLoader::isBusy() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->working > 0 || !m_state->wishes.empty() || !m_state->ready.empty();
}

void ThumbnailLoader::want(std::vector<Wish> wishes)
{
    std::erase_if(wishes, [&](const Wish &wish) { return find(wish.sample.id, wish.sidePx) != nullptr; });
    const std::lock_guard lock(m_state->mutex);
    if (!m_state->source)
        return;
    // What is ready but not collected is not decoded twice.
    std::erase_if(wishes, [&](const Wish &wish) {
        return std::any_of(m_state->ready.begin(), m_state->ready.end(),
                           [&](const auto &ready) { return ready.first == Key{wish.sample.id.value, wish.sidePx}; });
    });
    m_state->wishes.assign(std::make_move_iterator(wishes.begin()), std::make_move_iterator(wishes.end()));
    const int missing = std::min(int(m_state->wishes.size()), m_state->pool.maxThreadCount()) - m_state->working;
    for (int i = 0; i < missing; ++i) {
        ++m_state->working;
        m_state->pool.start([this, state = m_state] {
            for (;;) {
                Wish wish;
                Source read;
                quint64 generation = 0;
                {
                    const std::lock_guard guard(state->mutex);
                    if (state->closed || state->wishes.empty()) {
                        --state->working;
                        return;
                    }
                    wish = std::move(state->wishes.front());
                    state->wishes.pop_front();
                    read = state->source;
                    generation = state->generation;
                }
                QImage image = read ? read(wish.sample, wish.sidePx) : QImage();
                if (image.isNull()) {
                    // A picture that cannot be had is known as such, so that it is not tried with every repaint.
                    image = QImage(1, 1, QImage::Format_ARGB32);
                    image.fill(Qt::transparent);
                } else if (image.format() != QImage::Format_RGB32 &&
                           image.format() != QImage::Format_ARGB32_Premultiplied) {
                    image = image.convertToFormat(QImage::Format_RGB32);
                }
                const std::lock_guard guard(state->mutex);
                if (generation != state->generation || state->closed)
                    continue;
                const bool first = state->ready.empty();
                state->ready.emplace_back(Key{wish.sample.id.value, wish.sidePx}, std::move(image));
                if (first) {
                    QMetaObject::invokeMethod(
                        this,
                        [this] {
                            {
                                const std::lock_guard collect(m_state->mutex);
                                for (auto &[key, picture] : m_state->ready) {
                                    const auto cost = std::max<qint64>(1, picture.sizeInBytes() / 1024);
                                    m_state->cache.insert(key, new QImage(std::move(picture)), cost);
                                }
                                m_state->ready.clear();
                            }
                            Q_EMIT loaded();
                        },
                        Qt::QueuedConnection);
                }
            }
        });
    }
}

} // namespace mien
