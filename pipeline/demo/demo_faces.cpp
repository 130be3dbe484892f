#include "pipeline/demo/demo_faces.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mien {

namespace {

constexpr int picturesPerPerson = 20;
constexpr int kinds = int(demoExpressions.size());

// Strength of an expression and how far a face leans to a neighbour: what makes the demo as hard as it is. Chosen so
// that a small network trained on 1,200 pictures with 10 % wrong labels agrees with the truth on about 85 % of the
// pictures it was not trained on.
constexpr double weakest = 0.95, strongest = 1.20;
constexpr double strongestLean = 0.24;

/// How often each expression appears, out of 1000.
constexpr std::array<int, kinds> shares = {140, 150, 125, 125, 115, 110, 115, 120};

/// What a face is taken for when it is not taken for what it is.
constexpr std::array<std::array<int, 2>, kinds> neighbours = {{
    {3, 7}, // neutral: sadness, contempt
    {7, 2}, // happiness: contempt, surprise
    {6, 1}, // surprise: fear, happiness
    {0, 6}, // sadness: neutral, fear
    {5, 0}, // anger: disgust, neutral
    {4, 3}, // disgust: anger, sadness
    {2, 3}, // fear: surprise, sadness
    {0, 1}, // contempt: neutral, happiness
}};

/// Every muscle a little off, as in life.
FaceMuscles twitched(FaceMuscles m, SeededRandom &random)
{
    for (double *muscle :
         {&m.browInnerUp, &m.browOuterUp, &m.browLower, &m.browSqueeze, &m.eyeWide, &m.eyeClose, &m.lidTight,
          &m.cheekRaise, &m.noseWrinkle, &m.upperLipRaise, &m.cornerUp, &m.mouthStretch, &m.lipPress})
        *muscle += 0.07 * random.normal();
    if (random.chance(0.15)) // talking
        m.mouthOpen += random.uniform(0.05, 0.2);
    m.mouthOpen = std::max(0.0, m.mouthOpen);
    m.cornerAsymmetry += 0.05 * std::abs(random.normal());
    return m;
}

void shuffle(std::vector<int> &values, SeededRandom &random)
{
    for (int i = int(values.size()) - 1; i > 0; --i)
        std::swap(values[std::size_t(i)], values[std::size_t(random.below(i + 1))]);
}

/// Ten people look: most see what was drawn, the others what it leans to; a weak face splits them.
std::array<int, 10> votesFor(int truth, int leansTo, double strength, double lean, SeededRandom &random)
{
    const double wrong = std::clamp(0.06 + 0.55 * lean + 0.45 * std::max(0.0, 0.75 - strength), 0.04, 0.48);
    std::array<int, 10> votes = {};
    for (int voter = 0; voter < 10; ++voter) {
        const double draw = random.uniform();
        if (draw < 0.01)
            ++votes[8];
        else if (draw < 1 - wrong)
            ++votes[std::size_t(truth)];
        else if (draw < 1 - 0.3 * wrong)
            ++votes[std::size_t(leansTo)];
        else if (truth != 0 && draw < 1 - 0.1 * wrong)
            ++votes[0];
        else
            ++votes[std::size_t(random.below(kinds))];
    }
    return votes;
}

} // namespace

DemoCast demoCast(int samples, double noise, std::uint64_t seed)
{
    SeededRandom random(seed * 0x632be59bd9b4e019ull + 17);
    DemoCast cast;
    const int people = std::max(3, (samples + picturesPerPerson - 1) / picturesPerPerson);
    for (int i = 0; i < people; ++i)
        cast.people.push_back(randomIdentity(random));

    std::vector<int> truths;
    for (int kind = 0; kind < kinds; ++kind)
        truths.insert(truths.end(), std::size_t(std::int64_t(samples) * shares[std::size_t(kind)] / 1000), kind);
    for (int kind = 0; int(truths.size()) < samples; kind = (kind + 1) % kinds)
        truths.push_back(kind);
    shuffle(truths, random);

    for (int i = 0; i < samples; ++i) {
        DemoFace face;
        face.subject = i % people;
        face.truth = face.given = truths[std::size_t(i)];
        face.scene = randomScene(random);
        const double strength = random.uniform(weakest, strongest);
        const double lean = random.chance(0.4) ? random.uniform(0, strongestLean) : 0;
        const auto &near = neighbours[std::size_t(face.truth)];
        const int leansTo = near[random.chance(0.7) ? 0 : 1];
        FaceMuscles muscles =
            FaceMuscles().plus(musclesOf(demoExpressions[std::size_t(face.truth)]), strength * (1 - lean));
        muscles = muscles.plus(musclesOf(demoExpressions[std::size_t(leansTo)]), lean * 0.9);
        face.muscles = twitched(muscles, random);
        face.votes = votesFor(face.truth, leansTo, face.truth == 0 ? 1 : strength, lean, random);
        cast.faces.push_back(face);
    }

    // Wrong labels: exactly as many as asked for, half of them the mistake people make, half any other class.
    std::vector<int> order(static_cast<std::size_t>(samples));
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, random);
    const int wrong = int(std::lround(noise * samples));
    for (int i = 0; i < wrong; ++i) {
        DemoFace &face = cast.faces[std::size_t(order[std::size_t(i)])];
        if (random.chance(0.5))
            face.given = neighbours[std::size_t(face.truth)][std::size_t(random.below(2))];
        else
            face.given = (face.truth + 1 + random.below(kinds - 1)) % kinds;
    }
    return cast;
}

} // namespace mien
