#include "pipeline/demo/drowsy_clip.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

constexpr double degrees = 180 / std::numbers::pi;

/// 0 to 1 and back, with a stay at 1: closing eyes, a yawn, a hand that comes and goes.
struct Swell
{
    double startS = 0, riseS = 0, stayS = 0, fallS = 0;

    double endS() const { return startS + riseS + stayS + fallS; }
    double at(double timeS) const
    {
        const double t = timeS - startS;
        if (t <= 0 || timeS >= endS())
            return 0;
        const double part = t < riseS ? t / riseS : t < riseS + stayS ? 1 : (endS() - timeS) / fallS;
        return part * part * (3 - 2 * part);
    }
};

double sumAt(const std::vector<Swell> &swells, double timeS)
{
    double sum = 0;
    for (const Swell &swell : swells)
        sum += swell.at(timeS);
    return std::min(1.0, sum);
}

/// What happens in a clip, and when.
struct Script
{
    double droop = 0; ///< How far the lids hang when the eyes are open.
    std::vector<Swell> blinks, naps, nods, yawns, hands;
};

Swell blink(double startS, int state, SeededRandom &random)
{
    switch (state) {
    case 0: return {startS, 0.07, random.uniform(0.06, 0.10), 0.09};
    case 5: return {startS, 0.09, random.uniform(0.08, 0.16), 0.12};
    default: return {startS, 0.11, random.uniform(0.10, 0.20), 0.15};
    }
}

Script scriptOf(const DrowsyClipOptions &options, SeededRandom &random)
{
    Script script;
    script.droop = options.state == 0   ? random.uniform(0, 0.04)
                   : options.state == 5 ? random.uniform(0.06, 0.12)
                                        : random.uniform(0.12, 0.22);
    double freeFromS = random.uniform(0.4, 0.9); // nothing happens to the eyes before
    if (options.state == 10) {
        for (double napS = random.uniform(1.2, 2.2); napS + 2.8 < options.seconds; napS += random.uniform(3.4, 5)) {
            const Swell nap{napS, 0.25, random.uniform(1.1, 1.9), 0.3};
            script.naps.push_back(nap);
            script.nods.push_back({napS + 0.3, 0.9, nap.stayS - 0.6, 0.35});
        }
    }
    if (options.state != 0 && options.seconds >= 6) {
        const double yawnS = options.state == 5 ? random.uniform(2.2, 3) : options.seconds - random.uniform(2.2, 2.6);
        script.yawns.push_back({yawnS, 0.6, 0.7, 0.6});
    }
    const auto isFree = [&](double fromS, double toS) {
        const auto isApart = [&](const Swell &swell) { return toS + 0.3 < swell.startS || fromS > swell.endS() + 0.3; };
        return std::all_of(script.naps.begin(), script.naps.end(), isApart) &&
               std::all_of(script.yawns.begin(), script.yawns.end(), isApart) &&
               std::all_of(script.hands.begin(), script.hands.end(), isApart);
    };
    if (options.hand == FaceScene::Hand::BeforeMouth && !script.yawns.empty()) {
        const Swell &yawn = script.yawns.front();
        script.hands.push_back({yawn.startS + 0.1, 0.4, yawn.endS() - yawn.startS - 0.9, 0.4});
    } else if (options.hand != FaceScene::Hand::None) {
        double handS = 1;
        while (handS + 2 < options.seconds && !isFree(handS, handS + 1.5))
            handS += 0.1;
        script.hands.push_back({handS, 0.4, 0.5, 0.4});
    }
    const double pauseS = options.state == 0 ? 1.9 : options.state == 5 ? 1.4 : 1.1;
    while (freeFromS + 0.7 < options.seconds) {
        const Swell one = blink(freeFromS, options.state, random);
        if (!isFree(one.startS, one.endS())) {
            freeFromS += 0.1;
            continue;
        }
        script.blinks.push_back(one);
        freeFromS = one.endS() + pauseS * random.uniform(0.5, 1.6);
    }
    return script;
}

} // namespace

DrowsyClip drowsyClip(const FaceIdentity &person, const DrowsyClipOptions &options)
{
    SeededRandom random(options.seed * 0x632be59bd9b4e019ull + std::uint64_t(options.state) * 7919 + 5);
    DrowsyClip clip{person, {}};
    FaceScene scene = randomScene(random);
    scene.yaw = scene.pitch = scene.roll = scene.gazeX = scene.gazeY = 0;
    scene.scale *= 0.80;
    scene.hand = options.hand;
    if (options.isDark) {
        for (double *light : {&scene.leftLight, &scene.rightLight})
            *light *= 0.42;
        scene.grain = 0.02;
        scene.contrast = 0.9;
    }
    const Script script = scriptOf(options, random);
    const double swayPhase = random.uniform(0, 6),
                 turn = (random.chance(0.5) ? 1 : -1) * random.uniform(18, 24) / degrees;
    const int frames = int(std::lround(options.seconds * DrowsyClip::framesPerS));
    for (int i = 0; i < frames; ++i) {
        DrowsyFrame frame;
        const double t = frame.timeS = double(i) / DrowsyClip::framesPerS;
        const double yawn = sumAt(script.yawns, t), nod = sumAt(script.nods, t);
        const double shut = std::max({sumAt(script.blinks, t), sumAt(script.naps, t), 0.25 * yawn});
        const double lidDrop = std::max(shut, script.droop);
        frame.eyeOpening = (1 - lidDrop) / (1 - script.droop);
        frame.mouthOpening = yawn;
        for (std::size_t blink = 0; blink < script.blinks.size(); ++blink)
            if (script.blinks[blink].at(t) > 0)
                frame.blink = int(blink) + 1;
        frame.muscles.lidDrop = lidDrop;
        frame.muscles.mouthOpen = yawn;
        frame.muscles.mouthStretch = -0.25 * yawn;

        const double part = t / options.seconds;
        scene.yaw = 0.05 * std::sin(t * 0.9 + swayPhase);
        if (options.turnsHead) // to one side, to the other and back
            scene.yaw += turn * std::sin(2 * std::numbers::pi * part);
        scene.pitch = 0.03 * std::sin(t * 0.7 + 2 * swayPhase) + 0.28 * nod;
        scene.roll = 0.04 * std::sin(t * 0.5 + 3 * swayPhase) + (options.state == 10 ? 0.10 * nod : 0);
        scene.shiftX = 0.02 * std::sin(t * 0.6 + swayPhase);
        scene.shiftY = 0.01 * std::sin(t * 0.8 + swayPhase) + 0.05 * nod;
        scene.gazeX = 0.35 * std::sin(t * 1.3 + swayPhase);
        scene.handRaised = sumAt(script.hands, t);
        scene.grainSeed = random.next();
        frame.yawDeg = scene.yaw * degrees;
        frame.pitchDeg = -scene.pitch * degrees;
        frame.rollDeg = scene.roll * degrees;
        frame.isOccluded = scene.handRaised > 0.5;
        frame.scene = scene;
        frame.face = drawnFaceBox(person, scene, DrowsyClip::widthPx, DrowsyClip::heightPx);
        clip.frames.push_back(frame);
    }
    return clip;
}

Picture DrowsyClip::picture(std::size_t frame) const
{
    return drawFace(person, frames[frame].muscles, frames[frame].scene, widthPx, heightPx);
}

} // namespace mien
