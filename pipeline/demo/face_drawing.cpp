#include "pipeline/demo/face_drawing.h"

#include <algorithm>
#include <cmath>

namespace mien {

namespace {

Colour rgb255(int r, int g, int b)
{
    return {r / 255.0, g / 255.0, b / 255.0};
}

template <std::size_t N>
Colour oneOf(const std::array<Colour, N> &colours, SeededRandom &random)
{
    return colours[std::size_t(random.below(int(N)))];
}

/// Draws one face. Coordinates are those of the face seen from the front: origin between eyes and nose, chin at y = 1,
/// top of the skull at y = -1, x to the right of the picture; place() turns them to the picture.
class FacePainter
{
public:
    FacePainter(const FaceIdentity &identity, const FaceMuscles &muscles, const FaceScene &scene, int widthPx,
                int heightPx)
        : m_id(identity)
        , m_muscles(muscles)
        , m_scene(scene)
        , m_canvas(widthPx, heightPx)
        , m_unit(heightPx * 0.43 * scene.scale)
        , m_sinYaw(std::sin(scene.yaw))
        , m_cosYaw(std::cos(scene.yaw))
        , m_sinPitch(std::sin(scene.pitch))
        , m_sinRoll(std::sin(scene.roll))
        , m_cosRoll(std::cos(scene.roll))
        , m_dark(identity.skin.scaled(0.62).mixed(rgb255(90, 30, 20), 0.15))
        , m_line(identity.skin.scaled(0.45).mixed(rgb255(60, 25, 20), 0.3))
    {
    }

    /// From the forehead to the chin, as wide as the head.
    BoxPx faceBox() const
    {
        const double w = m_id.widthShare;
        const Path rim = {place(-w, 0.1, 0), place(w, 0.1, 0), place(0, -0.72), place(0, 1.02, 0.3)};
        BoxPx box{rim[0].x, rim[0].y, 0, 0};
        double right = box.x, bottom = box.y;
        for (const Point &point : rim) {
            box.x = std::min(box.x, point.x);
            box.y = std::min(box.y, point.y);
            right = std::max(right, point.x);
            bottom = std::max(bottom, point.y);
        }
        box.width = right - box.x;
        box.height = bottom - box.y;
        return box;
    }

    Picture paint()
    {
        background();
        hairBehind();
        body();
        ears();
        head();
        folds();
        nose();
        beard();
        mouth();
        for (const int side : {-1, 1}) {
            eye(side);
            brow(side);
        }
        hairInFront();
        glasses();
        hand();
        m_canvas.develop(m_scene.leftLight, m_scene.rightLight, m_scene.topLight, m_scene.bottomLight, m_scene.contrast,
                         m_scene.grain, m_scene.grainSeed);
        return m_canvas.picture();
    }

private:
    /// @param depth  how far the point stands out: 1 the front of the face, 0 its outline, below 0 behind
    Point place(double x, double y, double depth = 1) const
    {
        const double across = x / m_id.widthShare;
        const double z = depth <= 0
                             ? depth * 0.5
                             : depth * 0.72 * std::sqrt(std::max(0.0, 1 - 0.75 * across * across - 0.35 * y * y));
        const double turnedX = x * m_cosYaw + z * m_sinYaw, turnedY = y + z * m_sinPitch;
        const double px = turnedX * m_cosRoll - turnedY * m_sinRoll, py = turnedX * m_sinRoll + turnedY * m_cosRoll;
        return {m_canvas.widthPx() * (0.5 + m_scene.shiftX) + px * m_unit,
                m_canvas.heightPx() * (0.53 + m_scene.shiftY) + py * m_unit};
    }
    Path placed(const Path &path, double depth = 1) const
    {
        Path result;
        result.reserve(path.size());
        for (const Point &point : path)
            result.push_back(place(point.x, point.y, depth));
        return result;
    }
    Path smooth(const Path &points, double depth = 1) const { return placed(curveThrough(points, true), depth); }
    Path smoothLine(const Path &points, double depth = 1) const { return placed(curveThrough(points, false), depth); }
    double px(double length) const { return length * m_unit; }

    Path headOutline(double grow = 0) const
    {
        const double w = m_id.widthShare + grow, jaw = 0.62 + 0.2 * m_id.jaw, chin = 0.26 + 0.16 * m_id.jaw,
                     drop = 0.10 * jawDrop();
        return {{0, -1.0 - grow},
                {w * 0.62, -0.87 - grow},
                {w * 0.96, -0.42},
                {w, 0.02},
                {w * (0.90 + 0.04 * m_id.jaw), 0.42},
                {w * jaw, 0.76 + drop * 0.6},
                {w * chin, 0.97 + grow + drop},
                {0, 1.02 + grow + drop},
                {-w * chin, 0.97 + grow + drop},
                {-w * jaw, 0.76 + drop * 0.6},
                {-w * (0.90 + 0.04 * m_id.jaw), 0.42},
                {-w, 0.02},
                {-w * 0.96, -0.42},
                {-w * 0.62, -0.87 - grow}};
    }
    double jawDrop() const { return std::max(0.0, m_muscles.mouthOpen - 0.25) * 1.2; }

    void background()
    {
        const double width = m_canvas.widthPx(), height = m_canvas.heightPx();
        m_canvas.fill(Path{{0, 0}, {width, 0}, {width, height}, {0, height}},
                      Paint(m_scene.backgroundTop, m_scene.backgroundBottom, {0, 0}, {width * 0.3, height}));
        m_canvas.glow({width * (0.2 + 0.6 * m_scene.gazeX * 0.5 + 0.3), height * 0.2}, width * 0.7, height * 0.6,
                      m_scene.backgroundTop.mixed({1, 1, 1}, 0.5), 0.35);
    }

    void body()
    {
        const Path neck = {place(-0.34, 0.55, 0), place(-0.36, 1.25, 0), place(0, 1.45, 0), place(0.36, 1.25, 0),
                           place(0.34, 0.55, 0)};
        const double bottom = m_canvas.heightPx() + 4.0;
        const Point left = place(-0.36, 1.16, 0), right = place(0.36, 1.16, 0), farLeft = place(-1.05, 1.42, 0),
                    farRight = place(1.05, 1.42, 0);
        const Path shoulders = curveThrough({{farLeft.x - px(0.5), bottom},
                                             farLeft,
                                             {left.x - px(0.1), left.y + px(0.05)},
                                             left,
                                             place(0, 1.36, 0),
                                             right,
                                             {right.x + px(0.1), right.y + px(0.05)},
                                             farRight,
                                             {farRight.x + px(0.5), bottom},
                                             {farRight.x, bottom + 20},
                                             {farLeft.x, bottom + 20}},
                                            true);
        m_canvas.fill(neck, Paint(m_dark, m_id.skin.scaled(0.9), place(0, 0.8, 0), place(0, 1.3, 0)));
        m_canvas.fill(shoulders, Paint(m_id.clothes, m_id.clothes.scaled(0.75), place(0, 1.1, 0), place(0, 1.6, 0)));
    }

    void ears()
    {
        for (const int side : {-1, 1}) {
            const Point centre = place(side * (m_id.widthShare + 0.02), 0.05, -0.15);
            m_canvas.fill(ellipse(centre, px(0.10), px(0.19)), m_id.skin.scaled(0.92));
            m_canvas.fill(ellipse({centre.x, centre.y}, px(0.05), px(0.11)), m_dark, 0.35);
        }
    }

    void head()
    {
        const Path outline = smooth(headOutline(), 0);
        m_head = m_canvas.mask(std::span(&outline, 1));
        m_canvas.fill(outline, Paint(m_id.skin.mixed({1, 1, 1}, 0.10), m_id.skin.scaled(0.90), place(-0.3, -0.9),
                                     place(0.3, 1.0)));
        const Point far = place(0.75, 0.4, 0);
        m_canvas.glow(far, px(0.75), px(1.2), m_dark, 0.30, &m_head);
        m_canvas.glow(place(-0.75, 0.5, 0), px(0.55), px(1.1), m_dark, 0.22, &m_head);
        m_canvas.glow(place(0, 1.05, 0), px(0.8), px(0.35), m_dark, 0.30, &m_head);
        m_canvas.glow(place(-0.08, -0.55), px(0.5), px(0.32), Colour{1, 1, 1}, 0.16, &m_head);
        const Colour blush = m_id.skin.mixed(rgb255(225, 90, 80), 0.5);
        const double lift = 0.06 * m_muscles.cheekRaise;
        for (const int side : {-1, 1}) {
            m_canvas.glow(place(side * 0.43, 0.30 - lift), px(0.26), px(0.21), blush, 0.25 + 0.2 * m_muscles.cheekRaise,
                          &m_head);
            m_canvas.glow(place(side * 0.40, 0.20 - lift), px(0.17), px(0.11), Colour{1, 1, 1},
                          0.14 + 0.14 * m_muscles.cheekRaise, &m_head);
            m_canvas.glow(place(side * 0.30 * m_id.eyeDistance, -0.08), px(0.24), px(0.17), m_dark, 0.28,
                          &m_head); // eye sockets
        }
    }

    void folds()
    {
        const double smile = std::max(0.0, m_muscles.cornerUp), disgust = m_muscles.noseWrinkle;
        const double depth = 0.10 + 0.45 * smile + 0.45 * m_muscles.upperLipRaise + 0.25 * m_id.age;
        for (const int side : {-1, 1}) {
            const double out = 0.31 + 0.07 * smile;
            m_canvas.stroke(smoothLine({{side * 0.17, 0.26}, {side * (out - 0.03), 0.38}, {side * (out + 0.03), 0.52}}),
                            px(0.015), px(0.045), px(0.01), m_dark, std::min(0.6, depth), &m_head);
            if (m_muscles.cornerUp < -0.2 || m_id.age > 0.6)
                m_canvas.stroke(smoothLine({{side * 0.27, 0.62}, {side * 0.30, 0.70}}), px(0.02), px(0.03), px(0.01),
                                m_dark, 0.4, &m_head);
            if (disgust > 0.15)
                for (int i = 0; i < 3; ++i)
                    m_canvas.stroke(smoothLine({{side * 0.03, -0.08 + 0.07 * i}, {side * 0.10, -0.03 + 0.07 * i}}),
                                    px(0.012), px(0.03), px(0.01), m_line, 0.55 * disgust, &m_head);
            if (smile > 0.4 && m_muscles.cheekRaise > 0.3) // crow's feet
                for (int i = -1; i <= 1; ++i)
                    m_canvas.stroke(smoothLine({{side * 0.52, -0.05 + 0.03 * i}, {side * 0.60, -0.06 + 0.06 * i}}),
                                    px(0.012), px(0.015), px(0.006), m_line, 0.4 * smile, &m_head);
        }
        const double forehead =
            std::max(0.0, 0.5 * (m_muscles.browInnerUp + m_muscles.browOuterUp) - 0.25) + 0.2 * m_id.age;
        for (int i = 0; i < 3; ++i) {
            const double y = -0.58 - 0.09 * i, half = 0.30 - 0.04 * i;
            m_canvas.stroke(smoothLine({{-half, y + 0.02}, {0, y - 0.01}, {half, y + 0.02}}), px(0.01), px(0.022),
                            px(0.01), m_line, std::min(0.5, 0.55 * forehead), &m_head);
        }
        const double frown = std::clamp(0.8 * m_muscles.browSqueeze * (0.4 + m_muscles.browLower), 0.0, 1.0);
        for (const int side : {-1, 1})
            m_canvas.stroke(smoothLine({{side * 0.055, -0.36}, {side * 0.045, -0.22}}), px(0.012), px(0.03), px(0.01),
                            m_line, 0.65 * frown, &m_head);
        if (m_muscles.chinRaise > 0.2)
            m_canvas.glow(place(0, 0.80), px(0.16), px(0.09), m_dark, 0.45 * m_muscles.chinRaise, &m_head);
    }

    void nose()
    {
        const double tip = 0.26 + 0.05 * (m_id.noseLength - 1) * 4 - 0.035 * m_muscles.noseWrinkle,
                     half = 0.115 * m_id.noseWidth * (1 + 0.15 * m_muscles.noseWrinkle);
        m_canvas.stroke(smoothLine({{0.07, -0.16}, {0.055, 0.02}, {half * 0.9, tip - 0.05}}), px(0.02), px(0.06),
                        px(0.05), m_dark, 0.22, &m_head);
        m_canvas.glow(place(-0.015, tip - 0.10), px(0.05), px(0.20), Colour{1, 1, 1}, 0.25, &m_head);
        m_canvas.glow(place(0, tip), px(0.12), px(0.08), m_id.skin.mixed(rgb255(220, 110, 95), 0.35), 0.35, &m_head);
        m_canvas.glow(place(-0.02, tip - 0.035), px(0.05), px(0.04), Colour{1, 1, 1}, 0.35, &m_head);
        m_canvas.stroke(smoothLine({{-half, tip - 0.025},
                                    {-half * 0.75, tip + 0.05},
                                    {0, tip + 0.065},
                                    {half * 0.75, tip + 0.05},
                                    {half, tip - 0.025}}),
                        px(0.015), px(0.03), px(0.015), m_line, 0.45, &m_head);
        for (const int side : {-1, 1})
            m_canvas.fill(ellipse(place(side * half * 0.5, tip + 0.045), px(0.034), px(0.02)), m_line, 0.75);
    }

    void eye(int side)
    {
        const double width = 0.150 * m_id.eyeSize, centreX = side * 0.30 * m_id.eyeDistance, centreY = -0.06;
        const double lower = m_muscles.cheekRaise * 0.55 + m_muscles.lidTight * 0.55;
        const double upper = std::clamp(0.092 * (1 + 0.72 * m_muscles.eyeWide - 0.62 * m_muscles.eyeClose -
                                                 0.30 * m_muscles.lidTight - 0.12 * m_muscles.cheekRaise),
                                        0.012, 0.2) *
                             m_id.eyeSize;
        const double under = std::clamp(0.062 * (1 + 0.30 * m_muscles.eyeWide - 0.75 * lower), 0.0, 0.2) * m_id.eyeSize;
        const double tilt =
            m_id.eyeTilt + 0.03 * std::max(0.0, -m_muscles.cornerUp) * (m_muscles.browInnerUp > 0.3 ? -1 : 0);
        const auto at = [&](double x, double y) { return Point{centreX + side * x, centreY + y - tilt * x / width}; };
        const auto lid = [&](double raised, double lowered) {
            return -raised + (raised + lowered * 0.9) * m_muscles.lidDrop;
        };
        const Path shape = {at(-width, 0.012),
                            at(-width * 0.45, lid(upper * 0.86, under * 0.9)),
                            at(width * 0.1, lid(upper, under)),
                            at(width * 0.65, lid(upper * 0.66, under * 0.7)),
                            at(width, 0),
                            at(width * 0.55, under * 0.8),
                            at(0, under),
                            at(-width * 0.6, under * 0.72)};
        const Path outline = smooth(shape);
        const Canvas::Mask open = m_canvas.mask(std::span(&outline, 1));
        m_canvas.fill(outline, Paint(rgb255(222, 220, 222), rgb255(250, 249, 246), place(centreX, centreY - upper),
                                     place(centreX, centreY + under)));
        const Point iris = place(centreX + 0.035 * m_scene.gazeX, centreY - 0.004 + 0.02 * m_scene.gazeY);
        const double radius = px(0.082 * m_id.eyeSize);
        m_canvas.fill(ellipse(iris, radius, radius), m_id.iris.scaled(0.55), 1, &open);
        m_canvas.fill(ellipse({iris.x, iris.y + radius * 0.1}, radius * 0.82, radius * 0.82),
                      Paint(m_id.iris.scaled(0.8), m_id.iris.mixed({1, 1, 1}, 0.2), {iris.x, iris.y - radius},
                            {iris.x, iris.y + radius}),
                      1, &open);
        m_canvas.fill(ellipse(iris, radius * 0.46, radius * 0.46), rgb255(14, 11, 12), 1, &open);
        m_canvas.glow({iris.x, iris.y + px(lid(upper, under))}, px(width), px(upper * 0.9), rgb255(40, 25, 25), 0.5,
                      &open);
        m_canvas.fill(ellipse({iris.x - radius * 0.32, iris.y - radius * 0.38}, radius * 0.25, radius * 0.25),
                      Colour{1, 1, 1}, 0.95, &open);
        m_canvas.stroke(smoothLine({shape[0], shape[1], shape[2], shape[3], shape[4]}), px(0.022), px(0.042), px(0.026),
                        rgb255(38, 24, 22), 0.95, &m_head);
        m_canvas.stroke(smoothLine({shape[4], shape[5], shape[6], shape[7], shape[0]}), px(0.014), px(0.016), px(0.012),
                        m_line, 0.55, &m_head);
        const double crease = 0.048 - 0.02 * m_muscles.eyeWide + 0.012 * m_muscles.eyeClose;
        m_canvas.stroke(smoothLine({at(-width * 0.85, -upper * 0.55 - crease * 0.7), at(0, -upper - crease),
                                    at(width * 0.95, -upper * 0.45 - crease * 0.7)}),
                        px(0.01), px(0.02), px(0.01), m_line, 0.5, &m_head);
        if (lower > 0.15 || m_id.age > 0.5)
            m_canvas.stroke(
                smoothLine({at(-width * 0.7, under + 0.05), at(0, under + 0.075), at(width * 0.7, under + 0.05)}),
                px(0.01), px(0.028), px(0.01), m_dark, std::min(0.6, 0.35 + 0.4 * lower), &m_head);
    }

    void brow(int side)
    {
        const double rest = -0.30 - 0.04 * m_id.browHeight + 0.05 * m_id.restingBrow;
        const double smirk = (side < 0) == m_scene.smirkLeft ? m_muscles.cornerAsymmetry : 0;
        const double inner = rest + 0.01 - 0.135 * m_muscles.browInnerUp + 0.135 * m_muscles.browLower;
        const double outer = rest + 0.03 - 0.130 * m_muscles.browOuterUp + 0.035 * m_muscles.browLower - 0.05 * smirk;
        const double middle = rest - 0.045 - 0.5 * (0.135 * m_muscles.browInnerUp + 0.130 * m_muscles.browOuterUp) +
                              0.085 * m_muscles.browLower - 0.05 * smirk;
        const double innerX = 0.135 * m_id.eyeDistance - 0.055 * m_muscles.browSqueeze,
                     outerX = 0.49 * m_id.eyeDistance;
        const double weight = px(0.062 * m_id.browWeight);
        const Colour colour = m_id.hair.scaled(0.75).mixed(m_line, 0.2);
        m_canvas.stroke(smoothLine({{side * innerX, inner},
                                    {side * (innerX + 0.13), (inner + middle) * 0.5 - 0.008},
                                    {side * (innerX + 0.24), middle},
                                    {side * outerX, outer}}),
                        weight * 0.85, weight, weight * 0.3, colour, 0.92, &m_head);
    }

    void mouth()
    {
        const double smile = m_muscles.cornerUp + 0.12 * m_id.restingMouth;
        const double half =
            0.235 * m_id.mouthWidth *
            (1 + 0.30 * m_muscles.mouthStretch + 0.22 * std::max(0.0, smile) - 0.10 * std::max(0.0, -smile));
        const double y = 0.535, open = std::max(0.0, m_muscles.mouthOpen);
        const auto corner = [&](int side) {
            const double one =
                (side < 0) == m_scene.smirkLeft ? m_muscles.cornerAsymmetry : -0.12 * m_muscles.cornerAsymmetry;
            return Point{side * (half + 0.035 * one), y - 0.115 * smile - 0.125 * one + 0.02 * open};
        };
        const Point left = corner(-1), right = corner(1);
        const double raise = 0.075 * m_muscles.upperLipRaise + 0.02 * std::max(0.0, smile);
        const double upperIn = y - 0.010 - 0.030 * open - raise + 0.02 * m_muscles.lipPress -
                               0.015 * m_muscles.chinRaise - 0.03 * std::min(0.0, smile) * -1;
        const double lowerIn = y + 0.005 + 0.27 * open + 0.02 * std::max(0.0, smile) - 0.02 * m_muscles.lipPress -
                               0.02 * m_muscles.chinRaise - 0.03 * std::min(0.0, smile) * -1;
        const double full = 0.052 * m_id.lipFullness * (1 - 0.72 * m_muscles.lipPress),
                     thin = 1 - 0.35 * std::max(0.0, m_muscles.mouthStretch);
        const double upperOut = upperIn - full * 0.95 * thin,
                     lowerOut = lowerIn + full * 1.25 * thin + 0.012 * m_muscles.chinRaise;
        const Colour lips = m_id.lips;

        m_canvas.glow(place(0, lowerOut + 0.07), px(half * 0.9), px(0.09), m_dark, 0.40, &m_head);
        const Path outer = smooth({left,
                                   {-half * 0.30, upperOut - 0.004},
                                   {0, upperOut + 0.016},
                                   {half * 0.30, upperOut - 0.004},
                                   right,
                                   {half * 0.52, lowerOut - 0.02 - 0.015 * open},
                                   {0, lowerOut},
                                   {-half * 0.52, lowerOut - 0.02 - 0.015 * open}});
        m_canvas.fill(outer,
                      Paint(lips.scaled(0.86), lips.mixed({1, 1, 1}, 0.10), place(0, upperOut), place(0, lowerOut)));
        m_canvas.glow(place(-0.02, lowerOut - full * 0.6), px(half * 0.4), px(full * 0.5), Colour{1, 1, 1}, 0.28);

        const double gap = lowerIn - upperIn;
        const Colour inside = rgb255(62, 18, 20);
        if (gap > 0.035) {
            const Path opening = smooth({left,
                                         {-half * 0.5, upperIn - 0.006},
                                         {0, upperIn},
                                         {half * 0.5, upperIn - 0.006},
                                         right,
                                         {half * 0.55, lowerIn - 0.18 * gap},
                                         {0, lowerIn},
                                         {-half * 0.55, lowerIn - 0.18 * gap}});
            const Canvas::Mask clip = m_canvas.mask(std::span(&opening, 1));
            m_canvas.fill(opening, inside);
            m_canvas.fill(ellipse(place(0, lowerIn + 0.01), px(half * 0.62), px(std::min(0.09, gap * 0.45))),
                          rgb255(190, 84, 84), 0.85, &clip);
            const double teeth = std::min(
                gap * 0.62, 0.035 + 0.035 * std::max({smile, m_muscles.mouthStretch, m_muscles.upperLipRaise}));
            const Path row = placed({{-half, upperIn - 0.10},
                                     {half, upperIn - 0.10},
                                     {half * 0.75, upperIn + teeth * 0.75 - 0.05 * smile},
                                     {0, upperIn + teeth},
                                     {-half * 0.75, upperIn + teeth * 0.75 - 0.05 * smile}});
            m_canvas.fill(
                row, Paint(rgb255(226, 222, 216), rgb255(248, 246, 240), place(0, upperIn), place(0, upperIn + teeth)),
                1, &clip);
        }
        m_canvas.stroke(smoothLine({left,
                                    {-half * 0.45, (upperIn + (gap > 0.035 ? upperIn : lowerIn)) * 0.5},
                                    {0, gap > 0.035 ? upperIn : (upperIn + lowerIn) * 0.5 + 0.006},
                                    {half * 0.45, (upperIn + (gap > 0.035 ? upperIn : lowerIn)) * 0.5},
                                    right}),
                        px(0.018), px(0.020 + 0.016 * m_muscles.lipPress), px(0.018), rgb255(84, 30, 30),
                        gap > 0.035 ? 0.5 : 0.85, &m_head);
        for (const int side : {-1, 1}) { // corners
            const Point at = side < 0 ? left : right;
            const double one = (side < 0) == m_scene.smirkLeft ? m_muscles.cornerAsymmetry : 0;
            m_canvas.glow(place(at.x + side * 0.02, at.y), px(0.06), px(0.05), m_dark, 0.45 + 0.3 * one, &m_head);
            if (one > 0.2)
                m_canvas.stroke(smoothLine({{at.x + side * 0.05, at.y - 0.075},
                                            {at.x + side * 0.085, at.y - 0.01},
                                            {at.x + side * 0.06, at.y + 0.055}}),
                                px(0.012), px(0.034), px(0.01), m_line, 0.65 * one, &m_head);
        }
    }

    void beard()
    {
        if (m_id.beard > 0) {
            const double w = m_id.widthShare, drop = 0.10 * jawDrop();
            const Path shape = smooth({{-w * 0.98, 0.12},
                                       {-w * 0.80, 0.40},
                                       {-0.34, 0.44},
                                       {-0.30, 0.68},
                                       {0, 0.72 + drop},
                                       {0.30, 0.68},
                                       {0.34, 0.44},
                                       {w * 0.80, 0.40},
                                       {w * 0.98, 0.12},
                                       {w * 1.0, 0.5},
                                       {w * 0.74, 0.84 + drop},
                                       {0.24, 1.06 + drop},
                                       {-0.24, 1.06 + drop},
                                       {-w * 0.74, 0.84 + drop},
                                       {-w * 1.0, 0.5}},
                                      0.35);
            m_canvas.fill(shape, m_id.hair.mixed(m_id.skin, 0.15), 0.25 + 0.62 * m_id.beard, &m_head);
        }
        if (m_id.moustache > 0) {
            const double lift = 0.04 * std::max(0.0, m_muscles.cornerUp) + 0.05 * m_muscles.upperLipRaise;
            m_canvas.fill(smooth({{-0.27, 0.48 - lift},
                                  {-0.12, 0.385 - lift},
                                  {0, 0.40 - lift},
                                  {0.12, 0.385 - lift},
                                  {0.27, 0.48 - lift},
                                  {0.12, 0.455 - lift},
                                  {0, 0.455 - lift},
                                  {-0.12, 0.455 - lift}}),
                          m_id.hair.mixed(m_id.skin, 0.1), 0.35 + 0.5 * m_id.moustache, &m_head);
        }
    }

    void hairBehind()
    {
        using Style = FaceIdentity::HairStyle;
        const double w = m_id.widthShare;
        const Paint paint(m_id.hair.scaled(0.7), m_id.hair.scaled(0.5), place(0, -1, 0), place(0, 1, 0));
        if (m_id.hairStyle == Style::Long)
            m_canvas.fill(smooth({{0, -1.18},
                                  {w * 0.9, -0.95},
                                  {w * 1.28, -0.2},
                                  {w * 1.30, 0.6},
                                  {w * 1.22, 1.25},
                                  {w * 0.5, 1.3},
                                  {-w * 0.5, 1.3},
                                  {-w * 1.22, 1.25},
                                  {-w * 1.30, 0.6},
                                  {-w * 1.28, -0.2},
                                  {-w * 0.9, -0.95}},
                                 -0.3),
                          paint);
        else if (m_id.hairStyle == Style::Bob)
            m_canvas.fill(smooth({{0, -1.16},
                                  {w * 0.9, -0.95},
                                  {w * 1.28, -0.2},
                                  {w * 1.32, 0.35},
                                  {w * 1.1, 0.72},
                                  {0, 0.6},
                                  {-w * 1.1, 0.72},
                                  {-w * 1.32, 0.35},
                                  {-w * 1.28, -0.2},
                                  {-w * 0.9, -0.95}},
                                 -0.3),
                          paint);
        else if (m_id.hairStyle == Style::Bun)
            m_canvas.fill(ellipse(place(0, -1.22, -0.3), px(0.34), px(0.28)), paint);
        else if (m_id.hairStyle == Style::Curly)
            for (int i = 0; i < 13; ++i) {
                const double angle = 3.14159265 * (0.02 + 0.96 * i / 12.0);
                m_canvas.fill(ellipse(place(-std::cos(angle) * (w + 0.12), -0.10 - std::sin(angle) * 0.98, -0.2),
                                      px(0.27), px(0.27)),
                              m_id.hair.scaled(0.6 + 0.1 * (i % 3)));
            }
    }

    void hairInFront()
    {
        using Style = FaceIdentity::HairStyle;
        const double w = m_id.widthShare;
        const Paint paint(m_id.hair.mixed({1, 1, 1}, 0.10), m_id.hair.scaled(0.72), place(-0.3, -1.1, 0),
                          place(0.4, -0.4, 0));
        Path shape;
        switch (m_id.hairStyle) {
        case Style::Short:
            shape = {{0, -1.14},         {w * 0.75, -1.0},  {w * 1.07, -0.5},  {w * 1.04, -0.12},  {w * 0.93, -0.30},
                     {w * 0.80, -0.62},  {w * 0.3, -0.74},  {-w * 0.3, -0.70}, {-w * 0.80, -0.62}, {-w * 0.93, -0.30},
                     {-w * 1.04, -0.12}, {-w * 1.07, -0.5}, {-w * 0.75, -1.0}};
            break;
        case Style::SidePart:
            shape = {{0.1, -1.18},       {w * 0.8, -1.02},   {w * 1.09, -0.5},  {w * 1.03, -0.10},
                     {w * 0.90, -0.36},  {w * 0.62, -0.70},  {w * 0.15, -0.58}, {-w * 0.55, -0.52},
                     {-w * 0.92, -0.36}, {-w * 1.03, -0.10}, {-w * 1.10, -0.5}, {-w * 0.8, -1.04}};
            break;
        case Style::Long:
        case Style::Bob:
            shape = {{0, -1.17},        {w * 0.85, -1.0},  {w * 1.18, -0.4},   {w * 1.16, 0.25},   {w * 0.99, 0.10},
                     {w * 0.90, -0.34}, {w * 0.45, -0.68}, {-w * 0.05, -0.78}, {-w * 0.55, -0.60}, {-w * 0.92, -0.30},
                     {-w * 0.99, 0.10}, {-w * 1.16, 0.25}, {-w * 1.18, -0.4},  {-w * 0.85, -1.0}};
            break;
        case Style::Bun:
            shape = {{0, -1.12},         {w * 0.75, -0.98},  {w * 1.06, -0.45},  {w * 1.02, -0.05},
                     {w * 0.90, -0.45},  {w * 0.5, -0.80},   {0, -0.86},         {-w * 0.5, -0.80},
                     {-w * 0.90, -0.45}, {-w * 1.02, -0.05}, {-w * 1.06, -0.45}, {-w * 0.75, -0.98}};
            break;
        case Style::Receding:
            for (const int side : {-1, 1})
                m_canvas.fill(smooth({{side * w * 0.80, -0.80},
                                      {side * w * 1.07, -0.40},
                                      {side * w * 1.05, 0.0},
                                      {side * w * 0.96, -0.10},
                                      {side * w * 0.90, -0.45}},
                                     0),
                              paint, 0.9);
            return;
        case Style::Curly:
            for (int i = 0; i < 9; ++i) {
                const double angle = 3.14159265 * (0.14 + 0.72 * i / 8.0);
                m_canvas.fill(ellipse(place(-std::cos(angle) * w * 0.98, -0.16 - std::sin(angle) * 0.76, 0.1), px(0.20),
                                      px(0.17)),
                              m_id.hair.scaled(0.75 + 0.12 * (i % 3)));
            }
            return;
        }
        m_canvas.fill(smooth(shape, 0), paint);
        m_canvas.glow(place(-0.25, -0.92, 0), px(0.32), px(0.13), Colour{1, 1, 1}, 0.18);
    }

    void glasses()
    {
        if (!m_id.glasses)
            return;
        const Colour frame = m_id.glassesShape == 1 ? rgb255(120, 50, 40) : rgb255(28, 28, 34);
        const double half = m_id.glassesShape == 2 ? 0.205 : 0.215, tall = m_id.glassesShape == 2 ? 0.19 : 0.155;
        for (const int side : {-1, 1}) {
            const double centre = side * 0.30 * m_id.eyeDistance;
            Path lens = curveThrough({{centre - half, -0.05},
                                      {centre - half * 0.8, -0.05 - tall * 0.9},
                                      {centre, -0.05 - tall},
                                      {centre + half * 0.8, -0.05 - tall * 0.9},
                                      {centre + half, -0.05},
                                      {centre + half * 0.75, -0.03 + tall * 0.85},
                                      {centre, -0.02 + tall},
                                      {centre - half * 0.75, -0.03 + tall * 0.85}},
                                     true);
            lens.push_back(lens.front());
            const Path edge = placed(lens);
            m_canvas.fill(edge, rgb255(235, 242, 250), 0.10);
            m_canvas.stroke(edge, px(0.030), px(0.030), px(0.030), frame, 0.95);
            m_canvas.stroke(Path{place(centre + side * half, -0.08), place(side * m_id.widthShare, -0.10, 0)}, px(0.03),
                            px(0.03), px(0.03), frame, 0.95);
        }
        m_canvas.stroke(
            smoothLine({{-0.30 * m_id.eyeDistance + half, -0.07}, {0, -0.11}, {0.30 * m_id.eyeDistance - half, -0.07}}),
            px(0.03), px(0.03), px(0.03), frame, 0.95);
    }

    /// The palm and four fingers of a hand that comes from below.
    void hand()
    {
        if (m_scene.hand == FaceScene::Hand::None || m_scene.handRaised <= 0)
            return;
        const bool isBeforeEye = m_scene.hand == FaceScene::Hand::BeforeEye;
        const double x = isBeforeEye ? 0.34 : 0.05, below = 2.2 * (1 - m_scene.handRaised),
                     y = (isBeforeEye ? 0.30 : 0.75) + below;
        const Paint skin(m_id.skin.mixed({1, 1, 1}, 0.06), m_id.skin.scaled(0.85), place(x, y - 0.5, 0),
                         place(x, y + 0.7, 0));
        m_canvas.stroke(Path{place(x + 0.1, y + 0.3, 0), place(x + 0.5, y + 1.9, 0)}, px(0.44), px(0.40), px(0.5),
                        skin);
        m_canvas.fill(ellipse(place(x + 0.02, y + 0.18, 0), px(0.30), px(0.34)), skin);
        for (int finger = 0; finger < 4; ++finger) {
            const double across = -0.21 + 0.14 * finger, tip = finger == 0 || finger == 3 ? -0.36 : -0.46;
            const Path line = {place(x + across, y + 0.05, 0), place(x + across * 1.15, y + tip, 0)};
            m_canvas.stroke(line, px(0.155), px(0.15), px(0.125), m_line, 0.6);
            m_canvas.stroke(line, px(0.13), px(0.125), px(0.10), skin);
        }
    }

    const FaceIdentity &m_id;
    const FaceMuscles &m_muscles;
    const FaceScene &m_scene;
    Canvas m_canvas;
    double m_unit, m_sinYaw, m_cosYaw, m_sinPitch, m_sinRoll, m_cosRoll;
    Colour m_dark, m_line;
    Canvas::Mask m_head;
};

} // namespace

FaceMuscles FaceMuscles::plus(const FaceMuscles &other, double weight) const
{
    FaceMuscles sum = *this;
    sum.browInnerUp += weight * other.browInnerUp;
    sum.browOuterUp += weight * other.browOuterUp;
    sum.browLower += weight * other.browLower;
    sum.browSqueeze += weight * other.browSqueeze;
    sum.lidDrop += weight * other.lidDrop;
    sum.eyeWide += weight * other.eyeWide;
    sum.eyeClose += weight * other.eyeClose;
    sum.lidTight += weight * other.lidTight;
    sum.cheekRaise += weight * other.cheekRaise;
    sum.noseWrinkle += weight * other.noseWrinkle;
    sum.upperLipRaise += weight * other.upperLipRaise;
    sum.cornerUp += weight * other.cornerUp;
    sum.cornerAsymmetry += weight * other.cornerAsymmetry;
    sum.mouthOpen += weight * other.mouthOpen;
    sum.mouthStretch += weight * other.mouthStretch;
    sum.lipPress += weight * other.lipPress;
    sum.chinRaise += weight * other.chinRaise;
    return sum;
}

FaceMuscles musclesOf(std::string_view expression)
{
    FaceMuscles m;
    if (expression == "happiness") {
        m.cornerUp = 1;
        m.cheekRaise = 0.8;
        m.mouthOpen = 0.30;
        m.mouthStretch = 0.45;
    } else if (expression == "sadness") {
        m.browInnerUp = 0.95;
        m.browOuterUp = -0.35;
        m.browSqueeze = 0.4;
        m.eyeClose = 0.45;
        m.cornerUp = -0.9;
        m.chinRaise = 0.7;
    } else if (expression == "surprise") {
        m.browInnerUp = 0.95;
        m.browOuterUp = 1;
        m.eyeWide = 0.9;
        m.mouthOpen = 0.95;
        m.mouthStretch = -0.55;
    } else if (expression == "fear") {
        m.browInnerUp = 1.05;
        m.browOuterUp = 0.15;
        m.browSqueeze = 0.9;
        m.eyeWide = 1;
        m.mouthOpen = 0.38;
        m.mouthStretch = 0.75;
        m.cornerUp = -0.35;
    } else if (expression == "disgust") {
        m.browLower = 0.55;
        m.browSqueeze = 0.35;
        m.lidTight = 0.8;
        m.cheekRaise = 0.35;
        m.noseWrinkle = 1;
        m.upperLipRaise = 1;
        m.mouthOpen = 0.12;
        m.cornerUp = -0.4;
    } else if (expression == "anger") {
        m.browLower = 1;
        m.browSqueeze = 1;
        m.eyeWide = 0.25;
        m.lidTight = 0.45;
        m.lipPress = 1;
        m.cornerUp = -0.35;
    } else if (expression == "contempt") {
        m.cornerAsymmetry = 2.4;
        m.eyeClose = 0.9;
        m.lidTight = 0.5;
        m.lipPress = 0.5;
        m.browOuterUp = 0.8;
    }
    return m;
}

FaceIdentity randomIdentity(SeededRandom &random)
{
    static const std::array<Colour, 8> skins = {rgb255(250, 220, 198), rgb255(240, 200, 172), rgb255(228, 184, 150),
                                                rgb255(212, 162, 126), rgb255(190, 136, 100), rgb255(158, 108, 76),
                                                rgb255(126, 84, 60),   rgb255(98, 66, 50)};
    static const std::array<Colour, 8> hairs = {rgb255(38, 28, 24),    rgb255(62, 42, 30),   rgb255(96, 62, 38),
                                                rgb255(150, 104, 60),  rgb255(206, 164, 98), rgb255(150, 72, 40),
                                                rgb255(150, 148, 146), rgb255(24, 22, 26)};
    static const std::array<Colour, 5> irises = {rgb255(92, 60, 36), rgb255(120, 84, 48), rgb255(96, 136, 110),
                                                 rgb255(92, 136, 176), rgb255(110, 120, 130)};
    static const std::array<Colour, 7> clothes = {rgb255(58, 84, 120),   rgb255(140, 64, 62), rgb255(72, 110, 84),
                                                  rgb255(210, 202, 190), rgb255(60, 58, 66),  rgb255(186, 140, 70),
                                                  rgb255(112, 86, 130)};
    FaceIdentity id;
    const int skin = random.below(int(skins.size()));
    const Colour shade = skins[std::size_t(skin)];
    id.skin = shade.mixed(skins[std::size_t(std::min(skin + 1, int(skins.size()) - 1))], random.uniform(0, 0.6));
    id.hair = skin >= 4 ? hairs[random.chance(0.5) ? 0 : 7] : oneOf(hairs, random);
    id.iris = skin >= 4 ? irises[std::size_t(random.below(2))] : oneOf(irises, random);
    const bool isFeminine = random.chance(0.5);
    id.lips = id.skin.mixed(rgb255(190, 60, 70), isFeminine ? random.uniform(0.40, 0.65) : random.uniform(0.28, 0.42))
                  .scaled(0.95);
    id.clothes = oneOf(clothes, random);
    id.widthShare = random.uniform(0.68, 0.79);
    id.jaw = isFeminine ? random.uniform(0, 0.5) : random.uniform(0.3, 1);
    using Style = FaceIdentity::HairStyle;
    static const std::array<Style, 4> feminine = {Style::Long, Style::Bob, Style::Bun, Style::Curly};
    static const std::array<Style, 4> masculine = {Style::Short, Style::SidePart, Style::Receding, Style::Curly};
    id.hairStyle = isFeminine ? feminine[std::size_t(random.below(4))] : masculine[std::size_t(random.below(4))];
    id.eyeDistance = random.uniform(0.94, 1.06);
    id.eyeSize = random.uniform(0.90, 1.12) * (isFeminine ? 1.05 : 0.97);
    id.eyeTilt = random.uniform(-0.012, 0.022);
    id.browWeight = isFeminine ? random.uniform(0.6, 0.9) : random.uniform(0.9, 1.4);
    id.browHeight = random.uniform(-0.5, 0.8);
    id.noseWidth = random.uniform(0.85, 1.25);
    id.noseLength = random.uniform(0.95, 1.08);
    id.mouthWidth = random.uniform(0.90, 1.12);
    id.lipFullness = isFeminine ? random.uniform(0.95, 1.35) : random.uniform(0.75, 1.1);
    id.restingMouth = random.uniform(-1, 1);
    id.restingBrow = random.uniform(-1, 1);
    id.glasses = random.chance(0.35);
    id.glassesShape = random.below(3);
    if (!isFeminine && random.chance(0.45)) {
        id.beard = random.chance(0.7) ? random.uniform(0.25, 1) : 0;
        id.moustache = id.beard > 0 ? id.beard : random.uniform(0.5, 1);
    }
    id.age = random.chance(0.3) ? random.uniform(0.3, 1) : 0;
    return id;
}

FaceScene randomScene(SeededRandom &random)
{
    static const std::array<Colour, 8> walls = {rgb255(196, 208, 220), rgb255(222, 214, 202), rgb255(170, 190, 176),
                                                rgb255(120, 136, 158), rgb255(206, 186, 176), rgb255(150, 150, 156),
                                                rgb255(90, 104, 110),  rgb255(232, 232, 228)};
    FaceScene scene;
    scene.yaw = std::clamp(0.10 * random.normal(), -0.3, 0.3);
    scene.pitch = std::clamp(0.05 * random.normal(), -0.15, 0.15);
    scene.roll = std::clamp(0.04 * random.normal(), -0.12, 0.12);
    scene.scale = random.uniform(0.95, 1.05);
    scene.shiftX = random.uniform(-0.02, 0.02);
    scene.shiftY = random.uniform(-0.02, 0.02);
    scene.backgroundTop = oneOf(walls, random);
    scene.backgroundBottom = scene.backgroundTop.scaled(random.uniform(0.7, 0.9));
    const double side = random.uniform(-0.18, 0.18), above = random.uniform(-0.04, 0.14),
                 level = random.uniform(0.92, 1.08);
    scene.leftLight = level * (1 + side);
    scene.rightLight = level * (1 - side);
    scene.topLight = 1 + above;
    scene.bottomLight = 1 - above;
    scene.contrast = random.uniform(0.94, 1.10);
    scene.grain = random.uniform(0.005, 0.02);
    scene.gazeX = std::clamp(0.5 * random.normal(), -1.0, 1.0);
    scene.gazeY = std::clamp(0.3 * random.normal(), -1.0, 1.0);
    scene.smirkLeft = random.chance(0.5);
    scene.grainSeed = random.next();
    return scene;
}

Picture drawFace(const FaceIdentity &identity, const FaceMuscles &muscles, const FaceScene &scene, int sidePx)
{
    return drawFace(identity, muscles, scene, sidePx, sidePx);
}

Picture drawFace(const FaceIdentity &identity, const FaceMuscles &muscles, const FaceScene &scene, int widthPx,
                 int heightPx)
{
    return FacePainter(identity, muscles, scene, widthPx, heightPx).paint();
}

BoxPx drawnFaceBox(const FaceIdentity &identity, const FaceScene &scene, int widthPx, int heightPx)
{
    return FacePainter(identity, FaceMuscles(), scene, widthPx, heightPx).faceBox();
}

} // namespace mien
