#include "studio/map/opengl_thread.h"

#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QThread>

#include <algorithm>

namespace mien {

namespace {

constexpr int kMajor = 3, kMinor = 3; // point sprites, integer attributes, sums in fp32

QSurfaceFormat wantedFormat()
{
    QSurfaceFormat format;
    format.setRenderableType(QSurfaceFormat::OpenGL);
    format.setVersion(kMajor, kMinor);
    format.setProfile(QSurfaceFormat::CoreProfile);
    format.setOption(QSurfaceFormat::ResetNotification); // a context that is lost says so
    return format;
}

QString textOf(const GLubyte *text)
{
    return QString::fromLatin1(reinterpret_cast<const char *>(text));
}

} // namespace

bool isSoftwareRenderer(const QString &renderer)
{
    static constexpr const char *names[] = {"llvmpipe",    "softpipe", "swrast", "SwiftShader", "Software Rasterizer",
                                            "Basic Render"};
    return std::any_of(std::begin(names), std::end(names),
                       [&](const char *name) { return renderer.contains(QLatin1String(name), Qt::CaseInsensitive); });
}

OpenGlThread::OpenGlThread(QObject *parent)
    : QObject(parent)
    , m_thread(new QThread(this))
    , m_here(new QObject)
{
    m_thread->setObjectName(QStringLiteral("OpenGL"));
    m_here->moveToThread(m_thread);
}

OpenGlThread::~OpenGlThread()
{
    if (m_thread->isRunning()) {
        QMetaObject::invokeMethod(
            m_here,
            [this] {
                if (m_context && m_context->makeCurrent(m_surface.get())) {
                    m_map.reset();
                    m_context->doneCurrent();
                }
                m_context.reset();
                if (m_map)
                    static_cast<void>(m_map.release()); // what it names on the card went with the context
            },
            Qt::BlockingQueuedConnection);
        m_thread->quit();
        m_thread->wait();
    }
    delete m_here;
}

void OpenGlThread::open(bool takesSoftware, std::function<void(const Result<QString> &)> done)
{
    if (!QOpenGLContext::supportsThreadedOpenGL()) {
        done(fail(ErrorCode::NotFound, "this display has no OpenGL"));
        return;
    }
    m_surface = std::make_unique<QOffscreenSurface>();
    m_surface->setFormat(wantedFormat());
    m_surface->create(); // on the GUI thread: it may be a window that does not show
    m_thread->start();
    QMetaObject::invokeMethod(m_here, [this, takesSoftware, done = std::move(done)] {
        auto made = std::make_shared<Result<QString>>(make(takesSoftware));
        QMetaObject::invokeMethod(this, [made, done] { done(*made); });
    });
}

Result<QString> OpenGlThread::make(bool takesSoftware)
{
    m_context = std::make_unique<QOpenGLContext>();
    m_context->setFormat(wantedFormat());
    if (!m_surface->isValid() || !m_context->create() || !m_context->makeCurrent(m_surface.get()))
        return fail(ErrorCode::NotFound, "no OpenGL context can be made");
    const QString renderer = textOf(m_context->functions()->glGetString(GL_RENDERER));
    const auto [major, minor] = m_context->format().version();
    if (m_context->isOpenGLES() || std::pair(major, minor) < std::pair(kMajor, kMinor))
        return fail(ErrorCode::Invalid, QStringLiteral("%1 has OpenGL%2 %3.%4, and 3.3 is needed")
                                            .arg(renderer, m_context->isOpenGLES() ? QStringLiteral(" ES") : QString())
                                            .arg(major)
                                            .arg(minor)
                                            .toStdString());
    if (!takesSoftware && isSoftwareRenderer(renderer))
        return fail(ErrorCode::Invalid, QStringLiteral("%1 computes on the processor, as the raster does in less time")
                                            .arg(renderer)
                                            .toStdString());
    auto map = MapOpenGl::make(*m_context);
    if (!map)
        return fail(map.error());
    m_map = std::move(*map);
    m_context->doneCurrent();
    return renderer;
}

Result<QImage> OpenGlThread::draw(const MapOpenGl::Points &points, std::span<const QRgb> palette,
                                  const MapPicture &picture)
{
    Result<QImage> drawn = fail(ErrorCode::Invalid, "the OpenGL context was lost");
    QMetaObject::invokeMethod(
        m_here,
        [&] {
            if (!m_map || !m_context->isValid() || !m_context->makeCurrent(m_surface.get()))
                return;
            drawn = m_map->draw(points, palette, picture);
            m_context->doneCurrent();
        },
        Qt::BlockingQueuedConnection);
    return drawn;
}

} // namespace mien
