#include "tests/support/hostile_media.h"

#include <QBuffer>
#include <QImage>
#include <QtEndian>

#include <array>
#include <stdexcept>
#include <turbojpeg.h>

namespace mien::test {

namespace {

QByteArray operator*(const QByteArray &bytes, int times)
{
    return bytes.repeated(times);
}

/// Some picture with structure: `channels` interleaved bytes a pixel.
QByteArray pixels(int widthPx, int heightPx, int channels)
{
    QByteArray bytes;
    for (int y = 0; y < heightPx; ++y)
        for (int x = 0; x < widthPx; ++x)
            for (int c = 0; c < channels; ++c)
                bytes += char((x * 5 + y * 3 + c * 40 + (x * y) % 23) & 0xff);
    return bytes;
}

QByteArray big16(unsigned value)
{
    return QByteArray(1, char(value >> 8)) + char(value & 0xff);
}
QByteArray big32(quint32 value)
{
    return big16(value >> 16) + big16(value & 0xffff);
}
QByteArray little16(unsigned value)
{
    return QByteArray(1, char(value & 0xff)) + char(value >> 8 & 0xff);
}
QByteArray little32(quint32 value)
{
    return little16(value & 0xffff) + little16(value >> 16);
}

// JPEG ------------------------------------------------------------------------------------------------------------

QByteArray jpeg(int widthPx, int heightPx, int format, int subsampling, int flags = 0)
{
    const QByteArray raw = pixels(widthPx, heightPx, tjPixelSize[format]);
    const tjhandle handle = tjInitCompress();
    unsigned char *bytes = nullptr;
    unsigned long size = 0;
    const int failed = tjCompress2(handle, reinterpret_cast<const unsigned char *>(raw.constData()), widthPx, 0,
                                   heightPx, format, &bytes, &size, subsampling, 85, flags);
    const QByteArray made(reinterpret_cast<const char *>(bytes), failed ? 0 : int(size));
    tjFree(bytes);
    tjDestroy(handle);
    if (failed)
        throw std::runtime_error("the JPEG could not be made");
    return made;
}

/// Where segments begin, and the end.
QList<int> jpegStructures(const QByteArray &file)
{
    QList<int> at;
    for (int i = 0; i + 1 < file.size(); ++i) {
        const auto next = uchar(file[i + 1]);
        if (uchar(file[i]) == 0xff && next != 0 && next != 0xff && !(next >= 0xd0 && next <= 0xd7))
            at += i;
    }
    return at + QList<int>{int(file.size()) - 1};
}

/// Behind the SOI.
QByteArray withSegment(const QByteArray &jpeg, uchar marker, const QByteArray &content)
{
    return jpeg.left(2) + char(0xff) + char(marker) + big16(unsigned(content.size()) + 2) + content + jpeg.mid(2);
}

int segmentAt(const QByteArray &jpeg, uchar marker)
{
    return int(jpeg.indexOf(QByteArray(1, char(0xff)) + char(marker)));
}

QByteArray withJpegSize(QByteArray jpeg, uchar frameMarker, unsigned widthPx, unsigned heightPx)
{
    return jpeg.replace(segmentAt(jpeg, frameMarker) + 5, 4, big16(heightPx) + big16(widthPx));
}

QByteArray exif(unsigned orientation)
{
    return QByteArray("Exif\0\0MM\0*", 10) + big32(8) + big16(1) + big16(0x0112) + big16(3) + big32(1) +
           big16(orientation) + big16(0) + big32(0);
}

QList<HostileFile> jpegs()
{
    const QByteArray plain = jpeg(64, 48, TJPF_RGB, TJSAMP_420), grey = jpeg(64, 48, TJPF_GRAY, TJSAMP_GRAY),
                     progressive = jpeg(64, 48, TJPF_RGB, TJSAMP_420, TJFLAG_PROGRESSIVE),
                     cmyk = jpeg(64, 48, TJPF_CMYK, TJSAMP_444);
    QList<HostileFile> files{
        {"grey.jpg", grey, true}, {"progressive.jpg", progressive, true}, {"cmyk.jpg", cmyk, true}};
    for (const auto &[name, file] : {std::pair(QString("plain"), plain), std::pair(QString("progressive"), progressive),
                                     std::pair(QString("cmyk"), cmyk)})
        for (const int at : jpegStructures(file)) {
            files.emplaceBack(QString("%1_cut_%2.jpg").arg(name).arg(at), file.left(at));
            files.emplaceBack(QString("%1_cut_%2.jpg").arg(name).arg(at + 3), file.left(at + 3));
        }
    for (int percent = 5; percent < 100; percent += 5)
        files.emplaceBack(QString("plain_%1_percent.jpg").arg(percent), plain.left(plain.size() * percent / 100));
    for (const auto &[width, height] : {std::pair(0u, 48u), std::pair(64u, 0u), std::pair(65535u, 65535u),
                                        std::pair(20001u, 8u), std::pair(20000u, 5000u), std::pair(65u, 4000u)})
        files.emplaceBack(QString("says_%1x%2.jpg").arg(width).arg(height), withJpegSize(plain, 0xc0, width, height));
    for (unsigned orientation = 1; orientation <= 8; ++orientation)
        files.emplaceBack(QString("orientation_%1.jpg").arg(orientation), withSegment(plain, 0xe1, exif(orientation)),
                          true);
    files.emplaceBack("orientation_9.jpg", withSegment(plain, 0xe1, exif(9)), true);
    files.emplaceBack("exif_cut.jpg", withSegment(plain, 0xe1, exif(6).left(20)), true);
    files.emplaceBack("exif_far.jpg", withSegment(plain, 0xe1, QByteArray("Exif\0\0MM\0*", 10) + big32(0xfffffff0)),
                      true);
    files.emplaceBack("exif_endless.jpg",
                      withSegment(plain, 0xe1, QByteArray("Exif\0\0MM\0*", 10) + big32(8) + big16(0xffff)), true);
    files.emplaceBack("exif_of_itself.jpg", // an offset that leads back to the same directory
                      withSegment(plain, 0xe1, exif(3).chopped(4) + big32(8)), true);
    files.emplaceBack("comment.jpg", withSegment(plain, 0xfe, QByteArray(65000, 'x')), true);
    QByteArray segments = plain;
    for (int i = 0; i < 300; ++i)
        segments = withSegment(segments, 0xe5, QByteArray(100, char(i)));
    files.emplaceBack("many_segments.jpg", segments, true);
    files.emplaceBack("empty_segment.jpg", QByteArray(plain).replace(segmentAt(plain, 0xe0) + 2, 2, big16(0)));
    files.emplaceBack("segment_beyond.jpg", QByteArray(plain).replace(segmentAt(plain, 0xe0) + 2, 2, big16(0xffff)));
    for (const auto &[name, marker] : {std::pair("no_tables.jpg", 0xdb), std::pair("no_codes.jpg", 0xc4)}) {
        const int at = segmentAt(plain, uchar(marker));
        files.emplaceBack(name, QByteArray(plain).remove(at, 2 + qFromBigEndian<quint16>(plain.constData() + at + 2)));
    }
    files.emplaceBack("wrong_codes.jpg",
                      QByteArray(plain).replace(segmentAt(plain, 0xc4) + 5, 16, QByteArray(16, char(0xff))));
    files.emplaceBack("seven_components.jpg",
                      QByteArray(plain).replace(segmentAt(plain, 0xc0) + 9, 1, QByteArray(1, 7)));
    files.emplaceBack("twelve_bits.jpg", QByteArray(plain).replace(segmentAt(plain, 0xc0) + 4, 1, QByteArray(1, 12)));
    files.emplaceBack("sampling_0.jpg", QByteArray(plain).replace(segmentAt(plain, 0xc0) + 11, 1, QByteArray(1, 0)));
    files.emplaceBack("sampling_15.jpg",
                      QByteArray(plain).replace(segmentAt(plain, 0xc0) + 11, 1, QByteArray(1, char(0xff))));
    files.emplaceBack("arithmetic.jpg",
                      QByteArray(plain).replace(segmentAt(plain, 0xc0) + 1, 1, QByteArray(1, char(0xc9))));
    files +=
        {"two_frames.jpg", QByteArray(plain).insert(segmentAt(plain, 0xda), plain.mid(segmentAt(plain, 0xc0), 19))};
    files.emplaceBack("noise_behind_header.jpg",
                      plain.left(segmentAt(plain, 0xda) + 14) + QByteArray(pixels(40, 40, 1)) + QByteArray("\xff\xd9"));
    files.emplaceBack("only_end.jpg", QByteArray("\xff\xd8\xff\xd9"));
    files.emplaceBack("junk_behind.jpg", plain + QByteArray(5000, 'j'), true);
    quint32 noise = 1;
    for (int i = 0; i < 24; ++i) {
        QByteArray damaged = i % 2 ? progressive : plain;
        for (int flips = 0; flips < 8; ++flips) {
            noise = noise * 1664525u + 1013904223u;
            damaged[int(20 + noise % quint32(damaged.size() - 20))] = char(noise >> 24);
        }
        files.emplaceBack(QString("damaged_%1.jpg").arg(i), damaged);
    }
    return files;
}

// PNG -------------------------------------------------------------------------------------------------------------

quint32 crcOf(const QByteArray &bytes)
{
    quint32 crc = 0xffffffff;
    for (const char byte : bytes) {
        crc ^= uchar(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? 0xedb88320 ^ crc >> 1 : crc >> 1;
    }
    return ~crc;
}

QByteArray chunk(const QByteArray &kind, const QByteArray &content)
{
    return big32(quint32(content.size())) + kind + content + big32(crcOf(kind + content));
}

const QByteArray pngBegin("\x89PNG\r\n\x1a\n");

QByteArray pngHead(quint32 widthPx, quint32 heightPx, int bits, int colour, int interlace = 0)
{
    return pngBegin + chunk("IHDR", big32(widthPx) + big32(heightPx) + char(bits) + char(colour) + char(0) + char(0) +
                                        char(interlace));
}

QByteArray deflated(const QByteArray &rows)
{
    return qCompress(rows, 9).mid(4); // Qt puts the size in front of what zlib makes
}

/// Rows of equal bytes; `bytesARow` without the filter's.
QByteArray png(int widthPx, int heightPx, int bits, int colour, const QByteArray &before = {})
{
    static constexpr std::array<int, 7> channels{1, 0, 3, 1, 2, 0, 4};
    const int bytesARow = (widthPx * bits * channels[std::size_t(colour)] + 7) / 8;
    QByteArray rows;
    for (int y = 0; y < heightPx; ++y) {
        rows += char(y % 5);
        for (int x = 0; x < bytesARow; ++x)
            rows += char((x * 7 + y * 13) & (colour == 3 ? 0x01 : 0xff));
    }
    return pngHead(quint32(widthPx), quint32(heightPx), bits, colour) + before + chunk("IDAT", deflated(rows)) +
           chunk("IEND", {});
}

QList<HostileFile> pngs()
{
    const QByteArray palette = chunk("PLTE", pixels(8, 1, 3));
    const QByteArray plain = png(32, 24, 8, 2);
    QList<HostileFile> files;
    for (const auto &[bits, colour] :
         {std::pair(1, 0), std::pair(2, 0), std::pair(4, 0), std::pair(8, 0), std::pair(16, 0), std::pair(8, 2),
          std::pair(16, 2), std::pair(1, 3), std::pair(4, 3), std::pair(8, 3), std::pair(8, 4), std::pair(16, 4),
          std::pair(8, 6), std::pair(16, 6)})
        files.emplaceBack(QString("bits%1_colour%2.png").arg(bits).arg(colour),
                          png(32, 24, bits, colour, colour == 3 ? palette : QByteArray()), true);
    for (int at = 8; at + 8 < plain.size();) {
        for (const int cut : {at, at + 4, at + 8, at + 9})
            files.emplaceBack(QString("cut_%1.png").arg(cut), plain.left(cut));
        at += 12 + int(qFromBigEndian<quint32>(plain.constData() + at));
    }
    for (int percent = 10; percent < 100; percent += 10)
        files.emplaceBack(QString("png_%1_percent.png").arg(percent), plain.left(plain.size() * percent / 100));
    const QByteArray data = plain.mid(33);
    for (const auto &[width, height] :
         {std::pair(0u, 24u), std::pair(32u, 0u), std::pair(0x7fffffffu, 1u), std::pair(0xffffffffu, 0xffffffffu),
          std::pair(20001u, 1u), std::pair(10000u, 10001u), std::pair(32u, 2400u), std::pair(9000u, 9000u)})
        files.emplaceBack(QString("says_%1x%2.png").arg(width).arg(height), pngHead(width, height, 8, 2) + data);
    files.emplaceBack("bits_3.png", pngHead(32, 24, 3, 2) + data);
    files.emplaceBack("colour_5.png", pngHead(32, 24, 8, 5) + data);
    files.emplaceBack("interlace_7.png", pngHead(32, 24, 8, 2, 7) + data);
    files.emplaceBack("interlace_lies.png", pngHead(32, 24, 8, 2, 1) + data);
    files.emplaceBack("no_palette.png", pngHead(32, 24, 8, 3) + data);
    files.emplaceBack("palette_of_300.png", pngHead(32, 24, 8, 3) + chunk("PLTE", pixels(300, 1, 3)) + data);
    files.emplaceBack("palette_of_7_bytes.png", pngHead(32, 24, 8, 3) + chunk("PLTE", "1234567") + data);
    files.emplaceBack("wrong_sum.png", QByteArray(plain).replace(29, 4, "\1\2\3\4"));
    files.emplaceBack("no_data.png", pngHead(32, 24, 8, 2) + chunk("IEND", {}));
    files.emplaceBack("empty_data.png", pngHead(32, 24, 8, 2) + chunk("IDAT", {}) + chunk("IEND", {}));
    files.emplaceBack("no_deflate.png",
                      pngHead(32, 24, 8, 2) + chunk("IDAT", QByteArray(200, 'x')) + chunk("IEND", {}));
    files.emplaceBack("filter_9.png",
                      pngHead(4, 2, 8, 0) + chunk("IDAT", deflated(QByteArray(10, 9))) + chunk("IEND", {}));
    files.emplaceBack("chunk_beyond.png", pngHead(32, 24, 8, 2) + big32(0x7fffffff) + "IDAT" + QByteArray(50, 0));
    files.emplaceBack("chunk_negative.png", pngHead(32, 24, 8, 2) + big32(0xffffffff) + "tEXt" + QByteArray(50, 0));
    files.emplaceBack("two_heads.png", pngHead(32, 24, 8, 2) + plain.mid(8));
    files.emplaceBack("unknown_critical.png", pngHead(32, 24, 8, 2) + chunk("ABCD", "?") + data);
    QByteArray crumbs = pngHead(32, 24, 8, 2);
    const QByteArray packed = deflated(QByteArray(97 * 24, 0));
    for (const char byte : packed)
        crumbs += chunk("IDAT", QByteArray(1, byte));
    files.emplaceBack("data_in_crumbs.png", crumbs + chunk("IEND", {}), true);
    for (unsigned orientation = 1; orientation <= 8; ++orientation)
        files.emplaceBack(QString("png_orientation_%1.png").arg(orientation),
                          png(32, 24, 8, 2, chunk("eXIf", exif(orientation).mid(6))), true);
    // An animated PNG is its first picture.
    files +=
        {"animated.png",
         png(32, 24, 8, 2,
             chunk("acTL", big32(2) + big32(0)) + chunk("fcTL", big32(0) + big32(32) + big32(24) + big32(0) + big32(0) +
                                                                    big16(1) + big16(10) + char(0) + char(0))),
         true};
    return files;
}

// The rarer formats -------------------------------------------------------------------------------------------------

QByteArray gif(int frames, int widthPx = 16, int heightPx = 12)
{
    QByteArray file = QByteArray("GIF89a") + little16(unsigned(widthPx)) + little16(unsigned(heightPx)) +
                      QByteArray("\xf0\0\0", 3) + QByteArray("\0\0\0\xff\xff\xff", 6);
    for (int i = 0; i < frames; ++i) {
        file += QByteArray("\x21\xf9\x04\0\x0a\0\0\0", 8);
        file += QByteArray("\x2c\0\0\0\0", 5) + little16(16) + little16(12) + char(0);
        file += char(2); // codes of 3 bits: a clear, then single colours, with a clear before they grow
        QByteArray codes;
        int bits = 0, value = 0;
        const auto put = [&](int code) {
            value |= code << bits;
            for (bits += 3; bits >= 8; bits -= 8, value >>= 8)
                codes += char(value & 0xff);
        };
        for (int pixel = 0; pixel < 16 * 12; ++pixel) {
            if (pixel % 2 == 0)
                put(4);
            put((pixel + i) % 2);
        }
        put(5);
        codes += char(value & 0xff);
        for (int at = 0; at < codes.size(); at += 255)
            file += char(std::min<int>(255, int(codes.size()) - at)) + codes.mid(at, 255);
        file += char(0);
    }
    return file + ';';
}

QByteArray bmp(qint32 widthPx, qint32 heightPx, int bits, quint32 compression, const QByteArray &data)
{
    return QByteArray("BM") + little32(54 + quint32(data.size())) + little32(0) + little32(54) + little32(40) +
           little32(quint32(widthPx)) + little32(quint32(heightPx)) + little16(1) + little16(unsigned(bits)) +
           little32(compression) + little32(0) + little32(2835) + little32(2835) + little32(0) + little32(0) + data;
}

QByteArray tiff(quint32 widthPx, quint32 heightPx, quint32 next, quint32 rowsAStrip, const QByteArray &data)
{
    const auto entry = [](unsigned tag, unsigned type, quint32 value) {
        return little16(tag) + little16(type) + little32(1) + little32(value);
    };
    return QByteArray("II*\0", 4) + little32(8) + little16(9) + entry(256, 4, widthPx) + entry(257, 4, heightPx) +
           entry(258, 3, 8) + entry(259, 3, 1) + entry(262, 3, 1) + entry(273, 4, 122) + entry(277, 3, 1) +
           entry(278, 4, rowsAStrip) + entry(279, 4, quint32(data.size())) + little32(next) + data;
}

QList<HostileFile> others()
{
    QList<HostileFile> files;
    const QByteArray one = gif(1), moving = gif(5);
    files.emplaceBack("still.gif", one, true);
    files.emplaceBack("moving.gif", moving, true);
    for (int at = 3; at < one.size(); at += at < 50 ? 4 : 17)
        files.emplaceBack(QString("cut_%1.gif").arg(at), one.left(at));
    files.emplaceBack("no_frame.gif", gif(0));
    files.emplaceBack("frame_outside.gif", gif(1, 8, 6));
    files.emplaceBack("says_65535.gif", gif(1, 65535, 65535));
    files.emplaceBack("says_0.gif", gif(1, 0, 0));
    files.emplaceBack("code_of_12_bits.gif", QByteArray(one).replace(37, 1, QByteArray(1, 12)));
    files.emplaceBack("code_of_255_bits.gif", QByteArray(one).replace(37, 1, QByteArray(1, char(255))));

    const QByteArray grey = pixels(16, 12, 3);
    files.emplaceBack("plain.bmp", bmp(16, 12, 24, 0, grey), true);
    files.emplaceBack("from_the_top.bmp", bmp(16, -12, 24, 0, grey), true);
    for (const auto &[width, height] :
         {std::pair(0, 12), std::pair(-16, 12), std::pair(16, 0), std::pair(INT32_MAX, INT32_MAX),
          std::pair(16, INT32_MIN), std::pair(20001, 1), std::pair(9000, 9000)})
        files.emplaceBack(QString("says_%1x%2.bmp").arg(width).arg(height), bmp(width, height, 24, 0, grey));
    for (const int bits : {0, 1, 3, 8, 16, 48, 255})
        files.emplaceBack(QString("bits_%1.bmp").arg(bits), bmp(16, 12, bits, 0, grey));
    for (const unsigned compression : {1u, 2u, 3u, 4u, 99u})
        files.emplaceBack(
            QString("packed_%1.bmp").arg(compression),
            bmp(16, 12, compression == 2 ? 4 : 8, compression, QByteArray("\xff\x05\0\x02\xff\xff\0\0", 8) * 8));
    for (const int size : {2, 14, 20, 40, 53, 60, 300})
        files.emplaceBack(QString("cut_%1.bmp").arg(size), bmp(16, 12, 24, 0, grey).left(size));

    const QByteArray plane = pixels(16, 12, 1);
    files.emplaceBack("plain.tif", tiff(16, 12, 0, 12, plane), true);
    files.emplaceBack("directory_of_itself.tif", tiff(16, 12, 8, 12, plane), true);
    files.emplaceBack("next_far.tif", tiff(16, 12, 0xfffffff0, 12, plane));
    files.emplaceBack("strips_of_0.tif", tiff(16, 12, 0, 0, plane));
    files.emplaceBack("says_9000.tif", tiff(9000, 9000, 0, 9000, plane));
    files.emplaceBack("says_most.tif", tiff(0xffffffff, 0xffffffff, 0, 1, plane));
    for (const int size : {4, 8, 10, 50, 118, 122, 200})
        files.emplaceBack(QString("cut_%1.tif").arg(size), tiff(16, 12, 0, 12, plane).left(size));

    files.emplaceBack("plain.ppm", "P6\n16 12\n255\n" + grey, true);
    files.emplaceBack("deep.pgm", "P5\n16 12\n65535\n" + pixels(16, 12, 2), true);
    files.emplaceBack("text.pgm", "P2\n2 2\n255\n1 2\n3 4\n", true);
    for (const char *head : {"P6\n", "P6\n9999 9999\n255\n", "P6\n-1 12\n255\n", "P6\n16 12\n0\n", "P6\n16 12\n99999\n",
                             "P6 # never ends", "P7\nWIDTH 16\nHEIGHT 12\nENDHDR\n", "P6\n99999999999 1\n255\n"})
        files.emplaceBack(QString("head_%1.ppm").arg(files.size()), QByteArray(head) + "data");

    const QByteArray vp8x = QByteArray("RIFF") + little32(30) + "WEBPVP8X" + little32(10) + QByteArray(4, 0) +
                            QByteArray("\xff\x3f\0\xff\x3f\0", 6);
    files.emplaceBack("only_head.webp", vp8x);
    files.emplaceBack("says_16_million.webp", QByteArray(vp8x).replace(24, 6, QByteArray(6, char(0xff))));
    for (const int size : {4, 12, 15, 16, 20, 25, 29})
        files.emplaceBack(QString("cut_%1.webp").arg(size), vp8x.left(size));
    return files;
}

QList<HostileFile> strangers()
{
    const QByteArray photo = jpeg(64, 48, TJPF_RGB, TJSAMP_420);
    return {{"jpeg_inside.png", photo, true},
            {"png_inside.jpg", png(32, 24, 8, 2), true},
            {"gif_inside.jpeg", gif(1), true},
            {"page.jpg", "<!DOCTYPE html><html><body>404</body></html>"},
            {"pointer.png", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"},
            {"empty.jpg", ""},
            {"one_byte.png", "\x89"},
            {"text.jpg", "not a picture at all\n"},
            {"archive.jpg", QByteArray("PK\3\4", 4) + QByteArray(300, 1)},
            {"program.png", QByteArray("\x7f"
                                       "ELF",
                                       4) +
                                QByteArray(300, 2)},
            {"zeros.jpg", QByteArray(5000, 0)},
            {"svg.png", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"},
            {"video_inside.jpg", QByteArray("\0\0\0\x18"
                                            "ftypisom\0\0\0\0isommp41",
                                            24) +
                                     QByteArray(300, 3)}};
}

} // namespace

QList<HostileFile> hostilePictures()
{
    return jpegs() + pngs() + others() + strangers();
}

QList<HostileFile> pictureBombs()
{
    QList<HostileFile> files;
    // 100 million pixels in a few hundred kilobytes, and the most that 16 bits and transparency make of them.
    const auto zeros = [](int widthPx, int heightPx, int bits, int colour, int bytesAPixel) {
        return pngHead(quint32(widthPx), quint32(heightPx), bits, colour) +
               chunk("IDAT", deflated(QByteArray((widthPx * bytesAPixel + 1) * heightPx, 0))) + chunk("IEND", {});
    };
    files.emplaceBack("grey_of_100_mpx.png", zeros(10000, 10000, 8, 0, 1), true);
    files.emplaceBack("rgb_of_100_mpx.png", zeros(10000, 10000, 8, 2, 3), true);
    files.emplaceBack("deep_rgba_of_100_mpx.png", zeros(10000, 10000, 16, 6, 8), true);
    files.emplaceBack("interlaced_bomb.png", pngHead(10000, 10000, 8, 2, 1) +
                                                 chunk("IDAT", deflated(QByteArray(100'000'000, 0))) +
                                                 chunk("IEND", {}));
    files +=
        {"text_bomb.png",
         png(32, 24, 8, 2, chunk("zTXt", QByteArray("note\0\0", 6) + deflated(QByteArray(200'000'000, 'a')))), true};
    files +=
        {"profile_bomb.png",
         png(32, 24, 8, 2, chunk("iCCP", QByteArray("icc\0\0", 5) + deflated(QByteArray(200'000'000, 'a')))), true};
    const QByteArray flat = jpeg(4000, 4000, TJPF_GRAY, TJSAMP_GRAY, TJFLAG_PROGRESSIVE);
    files.emplaceBack("large_progressive.jpg", flat, true);
    // The same scan again and again: every one of them is a walk over 250,000 blocks.
    const int scan = segmentAt(flat, 0xda);
    const int second = int(flat.indexOf(QByteArray("\xff\xda"), scan + 2));
    const int third = int(flat.indexOf(QByteArray("\xff\xda"), second + 2));
    const QByteArray again = flat.mid(second, third - second);
    files.emplaceBack("scan_after_scan.jpg", flat.left(third) + again * 30 + flat.mid(third));
    const QByteArray blank = withJpegSize(jpeg(8, 8, TJPF_GRAY, TJSAMP_GRAY, TJFLAG_PROGRESSIVE), 0xc2, 20000, 5000);
    const int first = segmentAt(blank, 0xda);
    files.emplaceBack("empty_scans.jpg", blank.left(first) + blank.mid(first, 40) * 20'000);
    files.emplaceBack("jpeg_of_100_mpx.jpg", withJpegSize(jpeg(64, 48, TJPF_RGB, TJSAMP_444), 0xc0, 20000, 5000));
    files.emplaceBack("frames_10000.gif", gif(10000), true);
    files.emplaceBack("bmp_packed_100_mpx.bmp", bmp(10000, 10000, 8, 1, QByteArray("\xff\x05", 2) * 100));
    files.emplaceBack("tiff_of_100_mpx.tif", tiff(10000, 10000, 0, 1, pixels(100, 10, 1)));
    files.emplaceBack("ppm_of_100_mpx.ppm", QByteArray("P6\n10000 10000\n255\nshort"));
    return files;
}

} // namespace mien::test
