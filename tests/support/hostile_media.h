#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace mien::test {

/// A malformed, hostile or merely odd media file.
struct HostileFile
{
    QString name; ///< With the extension that a person would see, which may lie.
    QByteArray bytes;
    bool mustBeRead = false; ///< Odd but right: it has to become a sample, or to have frames.
};

/// Pictures: cut at every structure, dimensions that lie, bombs, wrong extensions, animated, 16 bit, CMYK, palettes,
/// EXIF of all orientations and of none that exists. The same every time.
QList<HostileFile> hostilePictures();
/// Those of them that are small and unpack to much, or ask for endless work: each is to be read by a process of its
/// own.
QList<HostileFile> pictureBombs();

/// Videos, made of clips that `ffmpeg` encodes into `folder`: cut at every structure and elsewhere, damaged, with
/// sizes, rates and counts that lie, of no frame, of sound alone, playlists that name other files.
QList<HostileFile> hostileVideos(const QString &folder);
QList<HostileFile> videoBombs(const QString &folder);

} // namespace mien::test
