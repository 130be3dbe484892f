#include "tests/support/clips.h"
#include "tests/support/hostile_media.h"

#include <QDir>
#include <QFile>
#include <QtEndian>

namespace mien::test {

namespace {

struct Seed
{
    QString name;
    QByteArray bytes;
};

QByteArray encoded(const QString &folder, const QString &name, const QString &how)
{
    const QString path = QDir(folder).filePath(QStringLiteral("seed_") + name);
    ffmpeg(how.split(QLatin1Char(' '), Qt::SkipEmptyParts) + QStringList{path});
    QFile file(path);
    file.open(QIODevice::ReadOnly);
    const QByteArray bytes = file.readAll();
    file.remove();
    return bytes;
}

QList<Seed> seeds(const QString &folder)
{
    const QString picture = QStringLiteral("-f lavfi -i testsrc2=size=96x64:rate=10:duration=2 ");
    QList<Seed> made;
    for (const auto &[name, how] :
         {std::pair("h264.mp4", "-c:v libx264 -preset ultrafast -bf 2 -g 5"), //
          std::pair("hevc.mov", "-c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1"),
          std::pair("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
          std::pair("mpeg4.avi", "-c:v mpeg4 -g 5"), //
          std::pair("mjpeg.mkv", "-c:v mjpeg -pix_fmt yuvj420p"),
          std::pair("transport.mpg", "-c:v libx264 -g 5 -f mpegts")})
        made +=
            {QString::fromLatin1(name), encoded(folder, QString::fromLatin1(name), picture + QString::fromLatin1(how))};
    return made;
}

/// Where boxes of an MP4 or MOV begin, those within boxes too.
void collectBoxes(const QByteArray &file, int from, int to, QList<int> &at)
{
    static const QList<QByteArray> nested{"moov", "trak", "mdia", "minf", "stbl", "edts", "udta"};
    while (from + 8 <= to) {
        const auto size = int(qFromBigEndian<quint32>(file.constData() + from));
        at += from;
        if (size < 8 || from + size > to)
            return;
        if (nested.contains(file.mid(from + 4, 4)))
            collectBoxes(file, from + 8, from + size, at);
        from += size;
    }
}

QByteArray patched(QByteArray file, const QByteArray &box, int offset, const QByteArray &bytes)
{
    const auto at = file.indexOf(box);
    return at < 0 ? file : file.replace(at + 4 + offset, bytes.size(), bytes);
}

} // namespace

QList<HostileFile> hostileVideos(const QString &folder)
{
    QList<HostileFile> files;
    quint32 noise = 7;
    const auto next = [&] { return noise = noise * 1664525u + 1013904223u; };
    const QList<Seed> all = seeds(folder);
    for (const Seed &seed : all) {
        const QString name = QString(seed.name).replace(QLatin1Char('.'), QLatin1Char('_'));
        const QString extension = seed.name.section(QLatin1Char('.'), -1);
        files.emplaceBack(name + "_whole." + extension, seed.bytes, true);
        for (const int percent : {1, 5, 10, 25, 50, 75, 90, 99})
            files.emplaceBack(QString("%1_%2_percent.%3").arg(name).arg(percent).arg(extension),
                              seed.bytes.left(seed.bytes.size() * percent / 100));
        for (int i = 0; i < 10; ++i) { // at the head, where structure is, and everywhere
            QByteArray damaged = seed.bytes;
            const quint32 reach = i < 5 ? std::min<quint32>(600, quint32(damaged.size())) : quint32(damaged.size());
            for (int flips = 0; flips < 12; ++flips)
                damaged[int(next() % reach)] = char(next() >> 24);
            files.emplaceBack(QString("%1_damaged_%2.%3").arg(name).arg(i).arg(extension), damaged);
        }
        QByteArray hole = seed.bytes;
        const int middle = int(hole.size()) / 3;
        files.emplaceBack(name + "_hole." + extension, hole.replace(middle, middle, QByteArray(middle, 0)));
        files.emplaceBack(name + "_wrong_name." + (extension == "mp4" ? QString("avi") : QString("mp4")), seed.bytes,
                          true);
    }
    for (const Seed &seed : {all[0], all[1]}) {
        const QString extension = seed.name.section(QLatin1Char('.'), -1);
        QList<int> boxes;
        collectBoxes(seed.bytes, 0, int(seed.bytes.size()), boxes);
        for (const int at : boxes) {
            files.emplaceBack(QString("%1_box_%2.%1").arg(extension).arg(at), seed.bytes.left(at + 8));
            QByteArray lying = seed.bytes;
            files +=
                {QString("%1_size_%2.%1").arg(extension).arg(at), lying.replace(at, 4, QByteArray("\xff\xff\xff\xf0"))};
            files.emplaceBack(QString("%1_nothing_%2.%1").arg(extension).arg(at),
                              lying.replace(at, 4, QByteArray(4, 0)));
        }
    }
    const QByteArray mp4 = all[0].bytes;
    const QByteArray most("\xff\xff\xff\xff");
    files.emplaceBack("says_65535.mp4", patched(mp4, "avc1", 24, most));
    files.emplaceBack("times_wild.mp4", patched(mp4, "stts", 12, most));
    files.emplaceBack("times_zero.mp4", patched(mp4, "stts", 12, QByteArray(4, 0)));
    files.emplaceBack("times_many.mp4", patched(mp4, "stts", 4, most));
    files.emplaceBack("sizes_many.mp4", patched(mp4, "stsz", 8, most));
    files.emplaceBack("size_large.mp4", patched(mp4, "stsz", 4, QByteArray("\x7f\xff\xff\xff")));
    files.emplaceBack("chunks_far.mp4", patched(mp4, "stco", 8, most));
    files.emplaceBack("scale_zero.mp4", patched(mp4, "mdhd", 12, QByteArray(4, 0)));
    files.emplaceBack("scale_most.mp4", patched(mp4, "mdhd", 12, most));
    files.emplaceBack("lasts_forever.mp4", patched(mp4, "mdhd", 16, most));
    files.emplaceBack("turned_by_nonsense.mp4",
                      patched(mp4, "tkhd", 40, QByteArray("\x12\x34\x56\x78") + most + most + most));

    const QString sound = QStringLiteral("-f lavfi -i sine=duration=1 ");
    files.emplaceBack("sound.mov", encoded(folder, "sound.mov", sound + "-c:a aac"));
    files.emplaceBack("sound.mp4", encoded(folder, "sound.mp4", sound + "-c:a aac"));
    files.emplaceBack("sound.mkv", encoded(folder, "sound.mkv", sound + "-c:a flac"));
    files.emplaceBack(
        "no_frame.mp4",
        encoded(folder, "none.mp4", "-f lavfi -i testsrc2=size=96x64:rate=10:duration=1 -c:v libx264 -frames:v 0"));
    files.emplaceBack(
        "one_frame.mp4",
        encoded(folder, "one.mp4", "-f lavfi -i testsrc2=size=96x64:rate=10:duration=1 -c:v libx264 -frames:v 1"),
        true);
    files.emplaceBack("odd_size.mkv",
                      encoded(folder, "odd.mkv", "-f lavfi -i testsrc2=size=97x65:rate=10:duration=1 -c:v ffv1"), true);
    files.emplaceBack(
        "deep.mkv",
        encoded(folder, "deep.mkv",
                "-f lavfi -i testsrc2=size=96x64:rate=10:duration=1 -c:v libx265 -x265-params log-level=none "
                "-pix_fmt yuv420p10le"),
        true);
    files.emplaceBack("empty.mp4", "");
    files.emplaceBack("page.mp4", "<!DOCTYPE html><html><body>404</body></html>");
    files.emplaceBack("pointer.mov", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n");
    files.emplaceBack("zeros.avi", QByteArray(100'000, 0));
    files.emplaceBack("playlist.mp4",
                      "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n");
    files.emplaceBack("concatenation.mkv", "ffconcat version 1.0\nfile /etc/passwd\n");
    files.emplaceBack("session.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n");
    files.emplaceBack("head_only.avi", QByteArray("RIFF\xff\xff\xff\xff"
                                                  "AVI LIST",
                                                  16));
    files.emplaceBack("head_only.mkv", QByteArray("\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff", 12));
    return files;
}

QList<HostileFile> videoBombs(const QString &folder)
{
    // Few bytes, many large frames that refer to each other.
    return {
        {"frames_8k.mp4",
         encoded(
             folder, "8k.mp4",
             "-f lavfi -i color=gray:size=8192x4320:rate=10:duration=1 -c:v libx264 -preset ultrafast -refs 3 -bf 2"),
         true},
        {"many_frames_8k.mp4",
         encoded(folder, "8k.mp4",
                 "-f lavfi -i color=gray:size=8192x4320:rate=10:duration=2 -c:v libx264 -preset ultrafast -refs 16 "
                 "-x264-params bframes=3:keyint=300")},
        {"frames_16k.mkv",
         encoded(folder, "16k.mkv",
                 "-f lavfi -i color=gray:size=16000x6000:rate=10:duration=1 -c:v libx264 -preset ultrafast -refs 16")},
        {"mjpeg_16k.avi", encoded(folder, "16k.avi",
                                  "-f lavfi -i color=gray:size=16000x6000:rate=5:duration=1 -c:v mjpeg -pix_fmt "
                                  "yuvj420p")},
        {"vp9_8k.webm",
         encoded(folder, "8k.webm",
                 "-f lavfi -i color=gray:size=8192x4320:rate=5:duration=1 -c:v libvpx-vp9 "
                 "-deadline realtime -cpu-used 8"),
         true}};
}

} // namespace mien::test
