#include "studio/common/face_images.h"

#include "pipeline/store/crop_pack.h"
#include "pipeline/store/project.h"

#include <QString>

#include <mutex>
#include <turbojpeg.h>

namespace mien {

struct FaceImages::State
{
    std::filesystem::path folder;
    std::mutex mutex;
    std::unique_ptr<Project> project; ///< Readers refer to it.
    std::shared_ptr<const CropReader> crops;
    std::shared_ptr<Thumbnails> thumbnails;

    bool open()
    {
        if (crops)
            return true;
        if (!project) {
            auto opened = Project::open(folder, Project::Access::Read);
            if (!opened)
                return false;
            project = std::make_unique<Project>(std::move(*opened));
        }
        crops = std::make_shared<CropReader>(*project);
        thumbnails = std::make_shared<Thumbnails>(*project);
        return true;
    }
};

FaceImages::FaceImages(std::filesystem::path projectFolder)
    : m_state(std::make_unique<State>())
{
    m_state->folder = std::move(projectFolder);
}

FaceImages::~FaceImages() = default;

void FaceImages::reload() const
{
    const std::lock_guard lock(m_state->mutex);
    m_state->crops.reset();
    m_state->thumbnails.reset();
}

QImage FaceImages::crop(CropId crop) const
{
    std::shared_ptr<const CropReader> reader;
    {
        const std::lock_guard lock(m_state->mutex);
        if (!m_state->open())
            return {};
        reader = m_state->crops;
    }
    const auto pixels = reader->read(crop);
    if (!pixels)
        return {};
    if (pixels->codec == "raw")
        return imageOfPlanes(pixels->bytes.data(), pixels->bytes.size(), pixels->widthPx, pixels->heightPx,
                             pixels->channels);
    if (pixels->codec == "jpeg")
        return imageOfJpeg(pixels->bytes.data(), pixels->bytes.size(), 0);
    if (pixels->codec == "png")
        return QImage::fromData(pixels->bytes.data(), int(pixels->bytes.size()), "PNG");
    return {};
}

QImage FaceImages::thumbnail(const SampleRow &sample, int sidePx) const
{
    std::shared_ptr<Thumbnails> store;
    {
        const std::lock_guard lock(m_state->mutex);
        if (!m_state->open())
            return {};
        store = m_state->thumbnails;
    }
    if (const auto bytes = store->jpeg(sample.id, sidePx <= 96 ? 96 : 192); !bytes.empty())
        if (QImage image = imageOfJpeg(bytes.data(), bytes.size(), sidePx); !image.isNull())
            return image;
    QImage image = sample.crop ? crop(*sample.crop) : QImage();
    if (std::max(image.width(), image.height()) > sidePx * 2)
        image = image.scaled(sidePx, sidePx, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    return image;
}

QImage imageOfPlanes(const std::uint8_t *bytes, std::size_t size, int widthPx, int heightPx, int channels)
{
    if (widthPx <= 0 || heightPx <= 0 || (channels != 1 && channels != 3) ||
        size != std::size_t(widthPx) * std::size_t(heightPx) * std::size_t(channels))
        return {};
    if (channels == 1) {
        QImage image(widthPx, heightPx, QImage::Format_Grayscale8);
        for (int y = 0; y < heightPx; ++y)
            std::copy_n(bytes + std::size_t(y) * std::size_t(widthPx), widthPx, image.scanLine(y));
        return image;
    }
    QImage image(widthPx, heightPx, QImage::Format_RGB32);
    const std::size_t plane = std::size_t(widthPx) * std::size_t(heightPx);
    for (int y = 0; y < heightPx; ++y) {
        auto *line = reinterpret_cast<QRgb *>(image.scanLine(y));
        const std::uint8_t *red = bytes + std::size_t(y) * std::size_t(widthPx);
        for (int x = 0; x < widthPx; ++x)
            line[x] = qRgb(red[x], red[x + std::ptrdiff_t(plane)], red[x + std::ptrdiff_t(2 * plane)]);
    }
    return image;
}

QImage imageOfJpeg(const std::uint8_t *bytes, std::size_t size, int sidePx)
{
    struct Handle
    {
        tjhandle value = tjInitDecompress();
        ~Handle() { tjDestroy(value); }
    };
    thread_local const Handle handle;
    int width = 0, height = 0, subsampling = 0, space = 0;
    if (tjDecompressHeader3(handle.value, bytes, static_cast<unsigned long>(size), &width, &height, &subsampling,
                            &space) != 0)
        return {};
    // A picture in the store is small; anything larger is damage or somebody else's file.
    if (width <= 0 || height <= 0 || qint64(width) * height > 100'000'000)
        return {};
    int count = 0;
    const tjscalingfactor *factors = tjGetScalingFactors(&count);
    int bestWidth = width, bestHeight = height;
    for (int i = 0; sidePx > 0 && i < count; ++i) {
        const int w = TJSCALED(width, factors[i]), h = TJSCALED(height, factors[i]);
        if (std::max(w, h) >= sidePx && w < bestWidth) {
            bestWidth = w;
            bestHeight = h;
        }
    }
    QImage image(bestWidth, bestHeight, QImage::Format_RGB32);
    if (tjDecompress2(handle.value, bytes, static_cast<unsigned long>(size), image.bits(), bestWidth,
                      int(image.bytesPerLine()), bestHeight, TJPF_BGRX, TJFLAG_FASTDCT) != 0)
        return {};
    return image;
}

} // namespace mien
