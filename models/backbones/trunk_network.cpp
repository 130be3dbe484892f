#include "models/backbones/trunk_network.h"

#include <utility>

namespace mien {

void TrunkNetwork::addClassifier(int width, const std::string &name, double dropout)
{
    m_dropout = dropout;
    if (config().classes > 0)
        m_classifier = register_module(name, torch::nn::Linear(width, config().classes));
}

NetworkViews TrunkNetwork::viewsOf(torch::Tensor lastMap)
{
    NetworkViews views;
    views.features = std::move(lastMap);
    views.pooled = views.features.mean({2, 3});
    if (m_classifier)
        views.logits = m_classifier(torch::dropout(views.pooled, m_dropout, is_training()));
    return views;
}

NetworkViews TrunkNetwork::forwardAll(NetworkInput faces)
{
    return viewsOf(lastMap(std::move(faces.images)));
}

torch::Tensor TrunkNetwork::classifierWeight() const
{
    return m_classifier ? m_classifier->weight : torch::Tensor();
}

} // namespace mien
