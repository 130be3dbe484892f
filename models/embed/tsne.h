#pragma once

#include "models/base/result.h"
#include "models/embed/affinities.h"
#include "models/embed/repulsion_field.h"
#include "models/io/safetensors.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// How a layout is sought. Gradient descent with momentum and a gain for each coordinate (van der Maaten 2014).
struct TsneSettings
{
    int iterations = 750;  ///< In all.
    int exaggerated = 250; ///< The first of them, with attraction multiplied by `exaggeration`.
    double exaggeration = 12;
    double momentum = 0.8;
    double learningRate = 0; ///< 0: N / exaggeration while exaggerated, then N, at least 200 (Belkina et al. 2019).
};

/// t-SNE of given affinities, an iteration at a time. The gradient is that of KL(P || Q) without its factor of 4.
///
/// A layout depends on affinities, settings and start alone: on one machine and with the same number of threads it is
/// equal to the last bit, also after a restore(). No step moves a point by more than 5 units, so that no learning rate
/// can make the map explode. One object serves one thread at a time.
class Tsne
{
public:
    /// @param start  [N, 2], finite
    Tsne(Affinities affinities, TsneSettings settings, std::vector<float> start);

    void step();
    int iteration() const { return m_iteration; } ///< Steps that were taken.
    bool isFinished() const { return m_iteration >= m_settings.iterations; }

    std::span<const float> layout() const { return m_layout; } ///< [N, 2], centred.

    /// KL(P || Q) of the layout, over the affinities' own pairs; its normalisation is that of the field (error below
    /// 0.1 %).
    double divergence();

    /// All that the following steps depend on.
    void save(SafetensorsWriter &writer) const;
    /// Goes on where save() was called. Fails with Invalid when it is of another number of points.
    Result<> restore(const SafetensorsFile &file);

private:
    Affinities m_affinities;
    TsneSettings m_settings;
    RepulsionField m_field;
    int m_iteration = 0;
    std::vector<float> m_layout, m_updates, m_gains; ///< [N, 2]
    std::vector<float> m_attraction, m_repulsion;    ///< [N, 2], of the latest step
};

/// KL(P || Q) of a layout [N, 2].
double klDivergence(const Affinities &affinities, std::span<const float> layout);

} // namespace mien
