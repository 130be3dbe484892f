#include "models/backbones/trunk_network.h"

namespace mien {

void TrunkNetwork::addClassifier(int width, const std::string &name)
{
    if (config().classes > 0)
        m_classifier = register_module(name, torch::nn::Linear(width, config().classes));
}

NetworkViews TrunkNetwork::forwardAll(NetworkInput faces)
{
    NetworkViews views;
    views.features = lastMap(std::move(faces.images));
    views.pooled = views.features.mean({2, 3});
    if (m_classifier)
        views.logits = m_classifier(views.pooled);
    return views;
}

torch::Tensor TrunkNetwork::classifierWeight() const
{
    return m_classifier ? m_classifier->weight : torch::Tensor();
}

} // namespace mien
