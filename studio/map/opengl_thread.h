#pragma once

#include "studio/map/map_opengl.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>

class QOffscreenSurface;
class QOpenGLContext;
class QThread;

namespace mien {

/// An OpenGL context without a window, on a thread of its own: a driver that is slow to start, or a card that is busy,
/// holds up no window, and no window has to be made anew for it. GUI thread, but for draw().
class OpenGlThread : public QObject
{
    Q_OBJECT

public:
    explicit OpenGlThread(QObject *parent = nullptr);
    ~OpenGlThread() override; ///< No draw() may be under way.

    /// Makes the context. Once.
    /// @param takesSoftware  also one that computes on the processor (llvmpipe and the like)
    /// @param done           called on this object's thread with the renderer's name, or with why there is none
    void open(bool takesSoftware, std::function<void(const Result<QString> &)> done);
    /// As MapOpenGl::draw(), from any thread but this object's, after open() said a name; waits for the picture.
    /// Invalid also when the context was lost; it does not come back.
    Result<QImage> draw(const MapOpenGl::Points &points, std::span<const QRgb> palette, const MapPicture &picture);

private:
    Result<QString> make(bool takesSoftware);

    QThread *m_thread;
    QObject *m_here; ///< Lives on the thread; so do context and map.
    std::unique_ptr<QOffscreenSurface> m_surface;
    std::unique_ptr<QOpenGLContext> m_context;
    std::unique_ptr<MapOpenGl> m_map;
};

/// Whether a renderer's name is that of one that computes on the processor.
bool isSoftwareRenderer(const QString &renderer);

} // namespace mien
