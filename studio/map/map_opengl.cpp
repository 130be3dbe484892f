#include "studio/map/map_opengl.h"

#include "studio/map/map_ink.h"

#include <QOpenGLContext>
#include <QOpenGLExtraFunctions>
#include <QPainter>

#include <array>
#include <cmath>
#include <string>

#ifndef GL_PROGRAM_POINT_SIZE // not in the headers of OpenGL ES, which Qt's functions follow
#define GL_PROGRAM_POINT_SIZE 0x8642
#endif
#ifndef GL_POINT_SIZE_RANGE
#define GL_POINT_SIZE_RANGE 0x0B12
#endif
#ifndef GL_BGRA
#define GL_BGRA 0x80E1
#endif
#ifndef GL_UNSIGNED_INT_8_8_8_8_REV
#define GL_UNSIGNED_INT_8_8_8_8_REV 0x8367
#endif

namespace mien {

namespace {

constexpr int kMarkers = 9;
constexpr int kShapeSide = 128;     // texels of a drawn marker
constexpr double kShapeShare = 0.8; // of the texels that the marker's box takes; nothing shows at their rim
constexpr double kMostRadiusPx = 24 * kLargerTimes;
constexpr int kMostColors = 256;

// Pictures are drawn with their first row first, as QImage has them: y goes down everywhere.
const char *const pointVertex = R"(#version 330 core
layout(location = 0) in vec2 place;
layout(location = 1) in uvec4 style; // colour, marker, 1 hidden + 2 selected + 4 large
uniform vec2 centre, centreRest, halfSize; // of the picture: map coordinates in two parts, pixels
uniform float scale, margin, radius, largerTimes, plainWeight, selectedWeight;
uniform bool showsMarkers;
uniform sampler2D palette;
flat out vec2 at;
flat out vec4 colour;
flat out float reach;
flat out int marker;
void main()
{
    reach = (style.z & 4u) != 0u ? radius * largerTimes : radius;
    marker = showsMarkers ? int(style.y) : 0;
    colour = vec4(texelFetch(palette, ivec2(int(style.x), 0), 0).rgb, 1)
             * ((style.z & 2u) != 0u ? selectedWeight : plainWeight);
    vec2 offset = ((place - centre) - centreRest) * scale;
    at = vec2(offset.x, -offset.y) + halfSize + margin;
    gl_PointSize = 2.0 * ceil(reach + 1.0);
    gl_Position = (style.z & 1u) != 0u ? vec4(2, 2, 2, 1) : vec4(at / (halfSize + margin) - 1.0, 0, 1);
}
)";

const char *const pointFragment = R"(#version 330 core
flat in vec2 at;
flat in vec4 colour;
flat in float reach;
flat in int marker;
uniform sampler2DArray shapes;
uniform float shapeSide, shapeShare;
layout(location = 0) out vec4 sum;
void main()
{
    vec2 offset = gl_FragCoord.xy - at;
    float coverage;
    if (marker == 0) {
        coverage = clamp(reach + 0.5 - length(offset), 0.0, 1.0);
    } else {
        float texels = shapeSide * shapeShare / (2.0 * reach); // a pixel's
        vec2 where = offset * texels / shapeSide + 0.5;
        // Texels of half a pixel: interpolated between them, the edges are as wide as a pixel and no wider.
        coverage = textureLod(shapes, vec3(where, float(marker)), log2(max(texels / 2.0, 1.0))).r;
    }
    sum = colour * coverage;
}
)";

const char *const wholeVertex = R"(#version 330 core
void main()
{
    gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1);
}
)";

const char *const wholeFragment = R"(#version 330 core
uniform sampler2D sums;
uniform int margin;
uniform float strength;
layout(location = 0) out vec4 pixel;
void main()
{
    vec4 sum = texelFetch(sums, ivec2(gl_FragCoord.xy) + margin, 0);
    pixel = sum * (strength / (1.0 + sum.w * strength));
}
)";

/// Every marker as it is painted elsewhere, in white: [kMarkers] pictures below each other.
QImage paintedMarkers()
{
    QImage markers(kShapeSide, kShapeSide * kMarkers, QImage::Format_ARGB32_Premultiplied);
    markers.fill(0);
    QPainter painter(&markers);
    const double side = kShapeSide * kShapeShare, rim = (kShapeSide - side) / 2;
    for (int marker = 0; marker < kMarkers; ++marker)
        Theme::paintMarker(painter, QRectF(rim, rim + marker * kShapeSide, side, side), Marker(marker), Qt::white);
    painter.end();
    return markers.convertToFormat(QImage::Format_Alpha8);
}

std::string cardError(GLenum code)
{
    return code == GL_OUT_OF_MEMORY ? "the graphics card has no memory left"
                                    : "the graphics card reports error " + std::to_string(code);
}

} // namespace

/// Everything that lies on the card.
struct MapOpenGl::Card
{
    explicit Card(QOpenGLContext &context)
        : gl(*context.extraFunctions())
    {
    }
    ~Card()
    {
        gl.glDeleteProgram(pointProgram);
        gl.glDeleteProgram(wholeProgram);
        gl.glDeleteVertexArrays(1, &pointArray);
        gl.glDeleteVertexArrays(1, &wholeArray);
        gl.glDeleteBuffers(1, &placeBuffer);
        gl.glDeleteBuffers(1, &styleBuffer);
        for (const GLuint texture : {paletteTexture, shapeTexture, sumTexture, pixelTexture})
            gl.glDeleteTextures(1, &texture);
        gl.glDeleteFramebuffers(1, &sumFrame);
        gl.glDeleteFramebuffers(1, &pixelFrame);
    }
    Q_DISABLE_COPY_MOVE(Card)

    Result<> prepare();
    Result<GLuint> program(const char *vertex, const char *fragment);
    Result<GLuint> shader(GLenum kind, const char *source);
    GLint place(GLuint of, const char *name) { return gl.glGetUniformLocation(of, name); }
    Result<> takeSize(QSize size, int margin);
    Result<> frame(GLuint frame, GLuint texture, GLint format, GLenum channels, GLenum type, QSize size);
    Result<> check();
    void upload(const Points &wanted);
    void uploadPalette(std::span<const QRgb> palette);
    void drawPoints(const MapPicture &picture, int margin);

    QOpenGLExtraFunctions &gl;
    GLuint pointProgram = 0, wholeProgram = 0, pointArray = 0, wholeArray = 0, placeBuffer = 0, styleBuffer = 0;
    GLuint paletteTexture = 0, shapeTexture = 0, sumTexture = 0, pixelTexture = 0, sumFrame = 0, pixelFrame = 0;
    GLint mostSide = 0;
    QSize sumSize, pixelSize;
    Points points;
};

Result<> MapOpenGl::Card::check()
{
    const GLenum code = gl.glGetError();
    if (code == GL_NO_ERROR)
        return {};
    // The others are of the same cause; a lost context reports without end.
    for (int i = 0; i < 16 && gl.glGetError() != GL_NO_ERROR; ++i) {
    }
    return fail(code == GL_OUT_OF_MEMORY ? ErrorCode::NoSpace : ErrorCode::Invalid, cardError(code));
}

Result<GLuint> MapOpenGl::Card::shader(GLenum kind, const char *source)
{
    const GLuint shader = gl.glCreateShader(kind);
    gl.glShaderSource(shader, 1, &source, nullptr);
    gl.glCompileShader(shader);
    GLint isCompiled = 0;
    gl.glGetShaderiv(shader, GL_COMPILE_STATUS, &isCompiled);
    if (isCompiled)
        return shader;
    std::array<char, 512> words{};
    gl.glGetShaderInfoLog(shader, GLsizei(words.size()), nullptr, words.data());
    gl.glDeleteShader(shader);
    return fail(ErrorCode::Invalid, std::string("the driver does not take a shader: ") + words.data());
}

Result<GLuint> MapOpenGl::Card::program(const char *vertex, const char *fragment)
{
    const auto first = shader(GL_VERTEX_SHADER, vertex);
    if (!first)
        return fail(first.error());
    const auto second = shader(GL_FRAGMENT_SHADER, fragment);
    if (!second) {
        gl.glDeleteShader(*first);
        return fail(second.error());
    }
    const GLuint program = gl.glCreateProgram();
    gl.glAttachShader(program, *first);
    gl.glAttachShader(program, *second);
    gl.glLinkProgram(program);
    gl.glDeleteShader(*first); // once the program goes
    gl.glDeleteShader(*second);
    GLint isLinked = 0;
    gl.glGetProgramiv(program, GL_LINK_STATUS, &isLinked);
    if (isLinked)
        return program;
    std::array<char, 512> words{};
    gl.glGetProgramInfoLog(program, GLsizei(words.size()), nullptr, words.data());
    gl.glDeleteProgram(program);
    return fail(ErrorCode::Invalid, std::string("the driver does not link the shaders: ") + words.data());
}

Result<> MapOpenGl::Card::prepare()
{
    GLfloat sizes[2] = {0, 0};
    gl.glGetFloatv(GL_POINT_SIZE_RANGE, sizes);
    if (sizes[1] < 2 * std::ceil(kMostRadiusPx + 1))
        return fail(ErrorCode::Invalid,
                    "the graphics card draws no points larger than " + std::to_string(int(sizes[1])) + " pixels");
    gl.glGetIntegerv(GL_MAX_TEXTURE_SIZE, &mostSide);
    const auto ofPoints = program(pointVertex, pointFragment);
    if (!ofPoints)
        return fail(ofPoints.error());
    pointProgram = *ofPoints;
    const auto ofWhole = program(wholeVertex, wholeFragment);
    if (!ofWhole)
        return fail(ofWhole.error());
    wholeProgram = *ofWhole;

    gl.glGenVertexArrays(1, &wholeArray);
    gl.glGenVertexArrays(1, &pointArray);
    gl.glGenBuffers(1, &placeBuffer);
    gl.glGenBuffers(1, &styleBuffer);
    gl.glBindVertexArray(pointArray);
    gl.glBindBuffer(GL_ARRAY_BUFFER, placeBuffer);
    gl.glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
    gl.glEnableVertexAttribArray(0);
    gl.glBindBuffer(GL_ARRAY_BUFFER, styleBuffer);
    gl.glVertexAttribIPointer(1, 4, GL_UNSIGNED_BYTE, 0, nullptr);
    gl.glEnableVertexAttribArray(1);

    for (GLuint *texture : {&paletteTexture, &shapeTexture, &sumTexture, &pixelTexture})
        gl.glGenTextures(1, texture);
    gl.glGenFramebuffers(1, &sumFrame);
    gl.glGenFramebuffers(1, &pixelFrame);
    gl.glBindTexture(GL_TEXTURE_2D, paletteTexture);
    gl.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl.glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, kMostColors, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);

    const QImage markers = paintedMarkers(); // lines of 128 bytes: no padding
    gl.glBindTexture(GL_TEXTURE_2D_ARRAY, shapeTexture);
    gl.glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    gl.glTexImage3D(GL_TEXTURE_2D_ARRAY, 0, GL_R8, kShapeSide, kShapeSide, kMarkers, 0, GL_RED, GL_UNSIGNED_BYTE,
                    markers.constBits());
    gl.glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    gl.glGenerateMipmap(GL_TEXTURE_2D_ARRAY);
    gl.glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
    gl.glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    gl.glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl.glTexParameteri(GL_TEXTURE_2D_ARRAY, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    return check();
}

Result<> MapOpenGl::Card::frame(GLuint frame, GLuint texture, GLint format, GLenum channels, GLenum type, QSize size)
{
    gl.glBindTexture(GL_TEXTURE_2D, texture);
    gl.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl.glTexImage2D(GL_TEXTURE_2D, 0, format, size.width(), size.height(), 0, channels, type, nullptr);
    gl.glBindFramebuffer(GL_FRAMEBUFFER, frame);
    gl.glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    if (gl.glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
        return fail(ErrorCode::Invalid, "the graphics card cannot draw into a picture of " +
                                            std::to_string(size.width()) + "x" + std::to_string(size.height()) +
                                            " pixels");
    return check();
}

Result<> MapOpenGl::Card::takeSize(QSize size, int margin)
{
    const QSize wide = size + QSize(2 * margin, 2 * margin);
    if (std::max(wide.width(), wide.height()) > mostSide)
        return fail(ErrorCode::Invalid, "the graphics card draws pictures up to " + std::to_string(mostSide) +
                                            " pixels wide, and this one is " + std::to_string(wide.width()) + "x" +
                                            std::to_string(wide.height()));
    if (sumSize != wide) {
        if (const auto made = frame(sumFrame, sumTexture, GL_RGBA32F, GL_RGBA, GL_FLOAT, wide); !made)
            return made;
        sumSize = wide;
    }
    if (pixelSize != size) {
        if (const auto made = frame(pixelFrame, pixelTexture, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, size); !made)
            return made;
        pixelSize = size;
    }
    return {};
}

void MapOpenGl::Card::upload(const Points &wanted)
{
    const MapIndex &index = *wanted.index;
    if (points.index != wanted.index) {
        std::vector<float> places;
        places.reserve(2 * index.count());
        for (std::size_t place = 0; place < index.count(); ++place) {
            places.push_back(index.x(place));
            places.push_back(index.y(place));
        }
        gl.glBindBuffer(GL_ARRAY_BUFFER, placeBuffer);
        gl.glBufferData(GL_ARRAY_BUFFER, GLsizeiptr(places.size() * sizeof(float)), places.data(), GL_STATIC_DRAW);
    }
    if (points.styles != wanted.styles) {
        std::vector<std::array<std::uint8_t, 4>> styles;
        styles.reserve(wanted.styles->size());
        for (const PointStyle &style : *wanted.styles)
            styles.push_back(
                {style.color, std::uint8_t(style.marker),
                 std::uint8_t((style.isHidden ? 1 : 0) + (style.isSelected ? 2 : 0) + (style.isLarge ? 4 : 0)), 0});
        gl.glBindBuffer(GL_ARRAY_BUFFER, styleBuffer);
        gl.glBufferData(GL_ARRAY_BUFFER, GLsizeiptr(styles.size() * 4), styles.data(), GL_DYNAMIC_DRAW);
    }
    points = wanted;
}

void MapOpenGl::Card::uploadPalette(std::span<const QRgb> palette)
{
    std::vector<std::uint8_t> bytes;
    const std::size_t count = std::min(palette.size(), std::size_t(kMostColors));
    bytes.reserve(4 * count);
    for (const QRgb colour : palette.first(count))
        for (const int value : {qRed(colour), qGreen(colour), qBlue(colour), 255})
            bytes.push_back(std::uint8_t(value));
    gl.glActiveTexture(GL_TEXTURE0);
    gl.glBindTexture(GL_TEXTURE_2D, paletteTexture);
    gl.glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, GLsizei(count), 1, GL_RGBA, GL_UNSIGNED_BYTE, bytes.data());
}

void MapOpenGl::Card::drawPoints(const MapPicture &picture, int margin)
{
    const GLuint program = pointProgram;
    gl.glUseProgram(program);
    const auto number = [&](const char *name, double value) { gl.glUniform1f(place(program, name), float(value)); };
    const float centreX = float(picture.centre.x()), centreY = float(picture.centre.y());
    gl.glUniform2f(place(program, "centre"), centreX, centreY);
    gl.glUniform2f(place(program, "centreRest"), float(picture.centre.x() - centreX),
                   float(picture.centre.y() - centreY));
    gl.glUniform2f(place(program, "halfSize"), float(picture.sizePx.width()) / 2, float(picture.sizePx.height()) / 2);
    number("scale", picture.scale);
    number("margin", margin);
    number("radius", inkRadiusPx(picture));
    number("largerTimes", kLargerTimes);
    number("plainWeight", double(inkPlainWeight(picture)));
    number("selectedWeight", kSelectedWeight);
    number("shapeSide", kShapeSide);
    number("shapeShare", kShapeShare);
    gl.glUniform1i(place(program, "showsMarkers"), picture.showsMarkers ? 1 : 0);
    gl.glUniform1i(place(program, "palette"), 0);
    gl.glUniform1i(place(program, "shapes"), 1);
    gl.glActiveTexture(GL_TEXTURE1);
    gl.glBindTexture(GL_TEXTURE_2D_ARRAY, shapeTexture);

    const MapIndex &index = *points.index;
    const double reach = margin / picture.scale;
    const QRectF area = picture.area().adjusted(-reach, -reach, reach, reach);
    if (index.count() == 0 || !area.intersects(index.bounds()))
        return;
    gl.glEnable(GL_PROGRAM_POINT_SIZE);
    gl.glEnable(GL_BLEND);
    gl.glBlendFunc(GL_ONE, GL_ONE);
    gl.glBindVertexArray(pointArray);
    const auto [firstRow, lastRow] = index.rowsBetween(area.top(), area.bottom());
    std::size_t first = 0, end = 0; // rows whose stretches join are one call
    for (int row = firstRow; row <= lastRow; ++row) {
        const auto [from, to] = index.placesIn(row, area.left(), area.right());
        if (from != end && first < end)
            gl.glDrawArrays(GL_POINTS, GLint(first), GLsizei(end - first));
        if (from != end)
            first = from;
        end = to;
    }
    if (first < end)
        gl.glDrawArrays(GL_POINTS, GLint(first), GLsizei(end - first));
    gl.glDisable(GL_BLEND);
}

MapOpenGl::MapOpenGl(std::unique_ptr<Card> card)
    : m_card(std::move(card))
{
}

MapOpenGl::~MapOpenGl() = default;

Result<std::unique_ptr<MapOpenGl>> MapOpenGl::make(QOpenGLContext &context)
{
    auto card = std::make_unique<Card>(context);
    if (const auto prepared = card->prepare(); !prepared)
        return fail(prepared.error());
    return std::unique_ptr<MapOpenGl>(new MapOpenGl(std::move(card)));
}

Result<QImage> MapOpenGl::draw(const Points &points, std::span<const QRgb> palette, const MapPicture &picture)
{
    Card &card = *m_card;
    QOpenGLExtraFunctions &gl = card.gl;
    const int margin = int(std::ceil(inkRadiusPx(picture) * kLargerTimes + 1)); // a point is gone where its centre is
    if (const auto sized = card.takeSize(picture.sizePx, margin); !sized)
        return fail(sized.error());
    card.upload(points);
    card.uploadPalette(palette);
    gl.glBindFramebuffer(GL_FRAMEBUFFER, card.sumFrame);
    gl.glViewport(0, 0, card.sumSize.width(), card.sumSize.height());
    gl.glClearColor(0, 0, 0, 0);
    gl.glClear(GL_COLOR_BUFFER_BIT);
    card.drawPoints(picture, margin);

    gl.glBindFramebuffer(GL_FRAMEBUFFER, card.pixelFrame);
    gl.glViewport(0, 0, card.pixelSize.width(), card.pixelSize.height());
    gl.glUseProgram(card.wholeProgram);
    gl.glActiveTexture(GL_TEXTURE0);
    gl.glBindTexture(GL_TEXTURE_2D, card.sumTexture);
    gl.glUniform1i(card.place(card.wholeProgram, "sums"), 0);
    gl.glUniform1i(card.place(card.wholeProgram, "margin"), margin);
    gl.glUniform1f(card.place(card.wholeProgram, "strength"), inkStrength(picture));
    gl.glBindVertexArray(card.wholeArray);
    gl.glDrawArrays(GL_TRIANGLES, 0, 3);

    QImage image(picture.sizePx, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return fail(ErrorCode::NoSpace, "there is no memory for a picture of the map");
    gl.glReadPixels(0, 0, image.width(), image.height(), GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, image.bits());
    if (const auto done = card.check(); !done) {
        card.points = {}; // what has arrived is not known
        return fail(done.error());
    }
    return image;
}

} // namespace mien
