// The module behind imaging(): OpenCV for scaling, encoding and the rarer formats; libjpeg and libpng directly where
// the row at which a file was cut off must be known.
#include "pipeline/imaging/gif_decoder.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/imaging/jpeg_codec.h"
#include "pipeline/imaging/picture_header.h"
#include "pipeline/imaging/png_decoder.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

/// BGR as OpenCV wants it; the data of a grey picture is not copied.
cv::Mat matOf(const Picture &picture)
{
    const cv::Mat view(picture.heightPx, picture.widthPx, picture.channels == 3 ? CV_8UC3 : CV_8UC1,
                       const_cast<std::uint8_t *>(picture.pixels.data()));
    if (picture.channels == 1)
        return view;
    cv::Mat bgr;
    cv::cvtColor(view, bgr, cv::COLOR_RGB2BGR);
    return bgr;
}

/// OpenCV needs a copy of its own.
constexpr std::int64_t mostPixelsForOpenCv = maxPicturePixels / 2;

Result<Picture> decodeWithOpenCv(std::span<const std::uint8_t> bytes, const PictureHeader &header)
{
    const ContentKind kind = header.kind;
    if (std::int64_t(header.widthPx) * header.heightPx > mostPixelsForOpenCv)
        return fail(ErrorCode::Unreadable, "It is " + describe(kind) + " of " + std::to_string(header.widthPx) + " x " +
                                               std::to_string(header.heightPx) +
                                               " pixels; of its kind no more than 50 million are read.");
    try {
        const cv::Mat raw(1, int(bytes.size()), CV_8UC1, const_cast<std::uint8_t *>(bytes.data()));
        cv::Mat decoded = cv::imdecode(raw, cv::IMREAD_ANYCOLOR | cv::IMREAD_IGNORE_ORIENTATION);
        if (decoded.empty())
            return fail(ErrorCode::Unreadable,
                        "It is " + describe(kind) + " that is damaged, cut off or of a form that is not supported.");
        Picture picture;
        picture.widthPx = decoded.cols;
        picture.heightPx = picture.decodedRows = decoded.rows;
        picture.channels = decoded.channels() == 1 ? 1 : 3;
        picture.pixels.resize(decoded.total() * std::size_t(picture.channels));
        cv::Mat to(decoded.rows, decoded.cols, picture.channels == 1 ? CV_8UC1 : CV_8UC3, picture.pixels.data());
        if (picture.channels == 1)
            decoded.copyTo(to);
        else
            cv::cvtColor(decoded, to, decoded.channels() == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGRA2RGB);
        return picture;
    } catch (const cv::Exception &) {
        return fail(ErrorCode::Unreadable, "It is " + describe(kind) + " that cannot be decoded.");
    }
}

bool hasEqualChannels(const Picture &picture)
{
    for (std::size_t i = 0; i + 2 < picture.pixels.size(); i += 3)
        if (picture.pixels[i] != picture.pixels[i + 1] || picture.pixels[i] != picture.pixels[i + 2])
            return false;
    return true;
}

class OpenCvImaging : public Imaging
{
public:
    OpenCvImaging()
    {
        cv::setNumThreads(1); // the pipeline above runs one picture a thread
        cv::redirectError([](int, const char *, const char *, const char *, int, void *) { return 0; });
    }

    Result<Picture> decode(std::span<const std::uint8_t> bytes, double leastRows, int enoughPx) const override
    {
        const auto header = pictureHeader(bytes);
        if (!header)
            return fail(header.error());
        if (header->isAnimated && header->kind == ContentKind::Webp)
            return fail(
                ErrorCode::Unreadable,
                "It is an animated WebP: several pictures in one file, none of which was read. Save the one that "
                "is wanted as a still picture, or all as a video, whose frames mien extract looks at.");
        auto picture = header->kind == ContentKind::Jpeg  ? decodeJpeg(bytes, enoughPx)
                       : header->kind == ContentKind::Png ? decodePng(bytes)
                       : header->kind == ContentKind::Gif ? decodeGif(bytes)
                                                          : decodeWithOpenCv(bytes, *header);
        if (!picture && picture.error().code == ErrorCode::NotFound)
            picture = decodeWithOpenCv(bytes, *header);
        if (!picture)
            return picture;
        if (picture->decodedRows < leastRows * picture->heightPx)
            return fail(ErrorCode::Unreadable, "It is cut off: " + std::to_string(picture->decodedRows) + " of " +
                                                   std::to_string(picture->heightPx) + " rows can be read.");
        picture->orientation = header->orientation;
        picture->grayAsRgb = picture->channels == 3 && hasEqualChannels(*picture);
        return picture;
    }

    std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality) const override
    {
        return mien::encodeJpeg(picture, quality);
    }

    std::vector<std::uint8_t> encodePng(const Picture &picture) const override
    {
        std::vector<std::uint8_t> bytes;
        cv::imencode(".png", matOf(picture), bytes, {cv::IMWRITE_PNG_COMPRESSION, 4});
        return bytes;
    }

    Picture resized(const Picture &picture, int widthPx, int heightPx) const override
    {
        Picture result;
        result.widthPx = widthPx;
        result.heightPx = result.decodedRows = heightPx;
        result.channels = picture.channels;
        result.orientation = picture.orientation;
        result.truncated = picture.truncated;
        result.grayAsRgb = picture.grayAsRgb;
        result.pixels.resize(std::size_t(widthPx) * std::size_t(heightPx) * std::size_t(picture.channels));
        const int type = picture.channels == 3 ? CV_8UC3 : CV_8UC1;
        const cv::Mat from(picture.heightPx, picture.widthPx, type, const_cast<std::uint8_t *>(picture.pixels.data()));
        cv::Mat to(heightPx, widthPx, type, result.pixels.data());
        const bool shrinks = widthPx < picture.widthPx || heightPx < picture.heightPx;
        cv::resize(from, to, to.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
        return result;
    }

    Picture warped(const Picture &picture, const std::array<double, 6> &m, int widthPx, int heightPx) const override
    {
        // Sampled n times as densely as pixels are covered, then averaged.
        constexpr int mostSidePx = 8192;
        const double covered = std::sqrt(std::abs(m[0] * m[4] - m[1] * m[3]));
        const int n = std::clamp(int(std::ceil(covered - 1e-6)), 1, mostSidePx / std::max(widthPx, heightPx));
        const double centre = 0.5 / n - 0.5;
        const cv::Matx23d dense(m[0] / n, m[1] / n, m[0] * centre + m[1] * centre + m[2], //
                                m[3] / n, m[4] / n, m[3] * centre + m[4] * centre + m[5]);
        const int type = picture.channels == 3 ? CV_8UC3 : CV_8UC1;
        const cv::Mat from(picture.heightPx, picture.widthPx, type, const_cast<std::uint8_t *>(picture.pixels.data()));
        cv::Mat sampled;
        cv::warpAffine(from, sampled, dense, cv::Size(widthPx * n, heightPx * n),
                       cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
        Picture result;
        result.widthPx = widthPx;
        result.heightPx = result.decodedRows = heightPx;
        result.channels = picture.channels;
        result.pixels.resize(std::size_t(widthPx) * std::size_t(heightPx) * std::size_t(picture.channels));
        cv::Mat to(heightPx, widthPx, type, result.pixels.data());
        cv::resize(sampled, to, to.size(), 0, 0, cv::INTER_AREA);
        return result;
    }
};

} // namespace

} // namespace mien

const mien::Imaging *mienImaging()
{
    static const mien::OpenCvImaging module;
    return &module;
}
