#pragma once

#include "models/backbones/ir50.h"
#include "models/backbones/mobile_face_net.h"
#include "models/backbones/transformer_block.h"
#include "models/networks/network_plan.h"

#include <array>
#include <memory>
#include <vector>

namespace mien {

/// One level of window cross attention: landmark features ask, image features answer (`models.md` 4.2).
struct WindowLevel
{
    int width = 64;  ///< d, channels of both maps.
    int heads = 2;   ///< I: it divides d.
    int window = 28; ///< w: side of a window, and of the landmark map.
    double dropPath = 0;
};

/// [N, H, W, d] as windows [N·nW, w², d], row by row within an image.
torch::Tensor splitIntoWindows(const torch::Tensor &map, int window);
/// Back to [N, height, width, d].
torch::Tensor joinWindows(const torch::Tensor &windows, std::int64_t height, std::int64_t width);

/// Layer normalisation over channels, then windows (`window1` …; eps 1e-5).
class WindowPartition : public torch::nn::Module
{
public:
    explicit WindowPartition(const WindowLevel &level);

    struct Views
    {
        torch::Tensor windows;  ///< [N·nW, w², d]
        torch::Tensor shortcut; ///< The normalised map (D9), [N, H, W, d].
    };
    Views forward(const torch::Tensor &map); ///< @param map  [N, d, H, W], sides multiples of w

private:
    int m_window;
    torch::nn::LayerNorm m_norm;
};

/// W-MCSA (`attn1` …): keys and values from the image's windows, queries from the landmarks, without a projection of
/// their own (D8); a learnt bias for every relative position.
class WindowCrossAttention : public torch::nn::Module
{
public:
    explicit WindowCrossAttention(const WindowLevel &level);

    torch::Tensor query(const torch::Tensor &landmarks) const; ///< [N, d, w, w] as [N, 1, I, w², d/I].

    /// @param windows  [N·nW, w², d]
    /// @param query    [N, 1, I, w², d/I]: the same for every window of an image
    /// @param weights  where the softmax [N·nW, I, w², w²] goes; none: it is not kept, which is quicker
    /// @return [N·nW, w², d]
    torch::Tensor forward(const torch::Tensor &windows, const torch::Tensor &query, torch::Tensor *weights = nullptr);

private:
    torch::Tensor bias(); ///< [I, w², w²]

    int m_heads, m_window;
    torch::Tensor m_table; ///< [(2w-1)², I]
    torch::Tensor m_index; ///< Row of the table for every pair of cells, [w⁴].
    torch::nn::Linear m_keysAndValues, m_projection;
};

/// The two residual branches behind the attention (`ffn1` …), each scaled by a learnt gamma that starts at 1e-5.
class WindowFeedForward : public torch::nn::Module
{
public:
    explicit WindowFeedForward(const WindowLevel &level);

    /// @param attended  [N·nW, w², d]
    /// @param shortcut  [N, H, W, d]
    /// @return [N, H, W, d]
    torch::Tensor forward(const torch::Tensor &attended, const torch::Tensor &shortcut);

private:
    double m_dropPath;
    torch::Tensor m_gamma1, m_gamma2;
    std::shared_ptr<TransformerMlp> m_mlp;
    torch::nn::LayerNorm m_norm;
};

/// Two transformer blocks over the tokens of all levels, class token, gate on its channels (`VIT`; eps 1e-6).
class FusionTransformer : public torch::nn::Module
{
public:
    /// @param classes  0: without `head.linear`
    FusionTransformer(int tokens, int width, int heads, int blocks, int classes);

    torch::Tensor start(const torch::Tensor &tokens); ///< With class token and positions: [N, T + 1, D].
    torch::Tensor blocks(const torch::Tensor &started, std::vector<torch::Tensor> *weights = nullptr); ///< Normalised.
    /// What blocks() gives for the class token alone, [N, 1, D]; of the last block its weights alone.
    torch::Tensor firstOfBlocks(const torch::Tensor &started, std::vector<torch::Tensor> *weights = nullptr);
    torch::Tensor gated(const torch::Tensor &classToken); ///< [N, D]: the embedding.
    bool classifies() const { return !m_head.is_empty(); }
    torch::Tensor classify(const torch::Tensor &embedding) { return m_head(embedding); }

private:
    torch::Tensor m_classToken, m_positions;
    std::shared_ptr<TransformerBlocks> m_blocks;
    torch::nn::LayerNorm m_norm;
    torch::nn::Linear m_gate1{nullptr}, m_gate2{nullptr}, m_head{nullptr};
};

struct PosterLayout
{
    Ir50Layout image; ///< Its side is that of the landmark trunk, too.
    MobileFaceNetLayout landmarks;
    std::array<WindowLevel, 3> levels{{{64, 2, 28, 0}, {128, 4, 14, 0.125}, {256, 8, 7, 0.25}}};
    int fusedWidth = 768;
    int fusionHeads = 8;
    int fusionBlocks = 2;
    bool trainsLandmarks = false; ///< Published: frozen, in evaluation mode throughout (D10).
    bool trainsImage = true;

    /// Tokens of the fusion, without the class token: every level gives as many.
    int tokens() const { return 3 * levels[2].window * levels[2].window; }
};

/// Everything on the way from pictures to the embedding.
struct PosterViews
{
    std::array<torch::Tensor, 3> landmarkMaps; ///< Of MobileFaceNet, as they come.
    std::array<torch::Tensor, 3> imageMaps;    ///< Of IR-50.
    std::array<torch::Tensor, 3> attended;     ///< Behind W-MCSA, [N·nW, w², d].
    std::array<torch::Tensor, 3> levels;       ///< Behind the feed-forward, [N, H, W, d].
    torch::Tensor tokens;                      ///< Into the fusion, [N, T + 1, D].
    torch::Tensor fused;                       ///< Out of it, normalised, [N, T + 1, D]; or the class token, [N, 1, D].
    torch::Tensor embedding;                   ///< [N, D]
    /// Where they are asked for: the softmax of W-MCSA, [N·nW, I, w², w²], and of the blocks of the fusion, [N, heads,
    /// T + 1, T + 1].
    std::array<torch::Tensor, 3> windowWeights;
    std::vector<torch::Tensor> fusionWeights;
};

/// POSTER++ (`models.md` 4.2) under the names of its published checkpoints. Features are the mean of the three levels'
/// fused tokens as a map, pooled is the embedding.
class Poster : public Network
{
public:
    Poster(NetworkConfig config, const PosterLayout &layout, bool withHead = true);

    NetworkViews forwardAll(NetworkInput faces) override { return viewsOf(stages(faces.images)); }
    void foldNormalisation() override;
    std::vector<torch::Tensor> attentions(NetworkInput faces) override; ///< Of the fusion: [N, heads, T + 1, T + 1].
    bool hasAttention() const override { return true; }
    NetworkViews forwardAttentive(NetworkInput faces, std::vector<torch::Tensor> &weights) override;
    bool classifiesFeatures() const override { return false; }           // the class token is
    torch::Tensor patchMap(const torch::Tensor &patches) const override; ///< Mean of the three levels' maps.
    std::vector<std::string> patchLevels() const override { return {"level1", "level2", "level3"}; }
    torch::Tensor patchLevelMaps(const torch::Tensor &patches) const override;

    /// How much each cell of a level's image map is looked at by the landmark cells of its window (`models.md` 8.5):
    /// windows: mean of the heads, level1 to level3; window-heads: of each head, level1_head1 …
    std::vector<PartMaps> partMaps() const override;
    PartViews partViews(NetworkInput faces, const std::string &kind) override;
    int layerOf(const std::string &parameter) const override; ///< 0: both trunks.
    void train(bool on = true) override;                      ///< What is frozen stays in evaluation mode.

    PosterViews stages(const torch::Tensor &images, bool keepWeights = false);

    /// The same with the class token alone behind the fusion: of the patches there is no more than their weights.
    PosterViews pooledStages(const torch::Tensor &images, bool keepWindows, bool keepFusion);

    /// Of stages() with their weights: three maps [N, I, H, W] of its heads, of windows of 28, 14 and 7. What lies in
    /// one window sums to 1.
    std::vector<torch::Tensor> windowMaps(const PosterViews &stages) const;

protected:
    virtual NetworkViews viewsOf(const PosterViews &stages);

private:
    struct Level
    {
        std::shared_ptr<WindowPartition> partition;
        std::shared_ptr<WindowCrossAttention> attention;
        std::shared_ptr<WindowFeedForward> feedForward;
        PackableConv2d halving{nullptr}; ///< `conv1` …: brings the image map to the landmark map's size.
    };

    std::array<torch::Tensor, 3> landmarkMaps(const torch::Tensor &images);
    PosterViews stagesToTokens(const torch::Tensor &images, bool keepWindows);

    PosterLayout m_layout;
    std::shared_ptr<MobileFaceNet> m_landmarks;
    std::shared_ptr<Ir50> m_image;
    PackableConv2d m_lastLandmarks{nullptr};
    std::array<Level, 3> m_levels;
    torch::nn::Sequential m_embed1, m_embed2;
    std::shared_ptr<PatchEmbedding> m_embed3;
    std::shared_ptr<FusionTransformer> m_fusion;
};

/// The layout that a configuration's preset and trunk options mean.
PosterLayout posterLayout(const NetworkConfig &config);
std::vector<NetworkOption> posterOptions(); ///< preset, landmark_net, image_net.
SideRange posterSides(const nlohmann::json &options);

std::vector<NetworkPlan> posterPlans(); ///< posterpp.

} // namespace mien
