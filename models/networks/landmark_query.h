#pragma once

#include "models/networks/masked_autoencoder.h"
#include "models/networks/network_plan.h"
#include "models/networks/part_boxes.h"

#include <memory>
#include <vector>

namespace mien {

struct LandmarkQueryLayout
{
    int width = 128; ///< D, of the encoder's tokens too.
    int heads = 4;
    int cropSide = 16;
    int hidden1 = 256, hidden2 = 64;
    double dropout = 0.3;
    int classes = 2;
    int channels = 3;
};

/// Four queries, one a part of the face, attend to the encoder's tokens of the whole face (5.6.3 to 5.6.6). Names
/// `part.0 … part_embed box_embed norm_q norm_kv q k v proj fc1 fc2 fc3`.
class LandmarkQuery : public torch::nn::Module
{
public:
    explicit LandmarkQuery(const LandmarkQueryLayout &layout);

    struct Views
    {
        torch::Tensor attention; ///< [N, heads, 4, T + 1]
        torch::Tensor parts;     ///< z: [N, 4, D]
        torch::Tensor logits;    ///< [N, L]; undefined without classes.
    };

    /// @param images  [N, C, H, W]
    /// @param boxes   [N, 4, 4]
    /// @param tokens  [N, T + 1, D], of the encoder
    Views forward(const torch::Tensor &images, const torch::Tensor &boxes, const torch::Tensor &tokens);

private:
    LandmarkQueryLayout m_layout;
    std::vector<torch::nn::Linear> m_parts;
    torch::Tensor m_partEmbedding;
    torch::nn::Linear m_boxEmbedding, m_query, m_key, m_value, m_proj, m_fc1, m_fc2, m_fc3{nullptr};
    torch::nn::LayerNorm m_queryNorm, m_tokenNorm;
    torch::nn::Dropout m_dropout;
};

/// The landmark-query pipeline (VISI): the encoder of mae-visi under `encoder`, the head of LandmarkQuery beside it.
class LandmarkQueryNetwork : public Network
{
public:
    LandmarkQueryNetwork(NetworkConfig config, const MaskedAutoencoderLayout &encoder, const LandmarkQueryLayout &head);

    NetworkViews forwardAll(NetworkInput faces) override; ///< `parts`: query_attention, boxes.
    int layerOf(const std::string &parameter) const override { return parameter.starts_with("encoder.") ? 0 : 1; }
    std::vector<torch::Tensor> attentions(NetworkInput faces) override
    {
        return m_encoder->attentions(std::move(faces));
    }
    bool hasAttention() const override { return true; }
    bool usesLandmarks() const override { return true; }
    /// queries: attention of each over the encoder's patches, mean of the heads, without the class token (8.6).
    std::vector<PartMaps> partMaps() const override
    {
        return {{"queries", {"left_eye", "right_eye", "nose", "mouth"}}};
    }
    PartViews partViews(NetworkInput faces, const std::string &kind) override;
    bool classifiesFeatures() const override { return false; }

private:
    std::shared_ptr<MaskedAutoencoder> m_encoder;
    std::shared_ptr<LandmarkQuery> m_head;
};

std::vector<NetworkPlan> landmarkQueryPlans(); ///< visi

} // namespace mien
