#include "models/networks/masked_autoencoder.h"

#include "models/networks/part_boxes.h"

#include <cmath>
#include <utility>

namespace mien {
torch::Tensor sineCosinePositions(int grid, int width)
{
    TORCH_CHECK(width % 4 == 0, "positions have a width that is a multiple of 4");
    const auto doubles = torch::TensorOptions().dtype(torch::kFloat64);
    const int half = width / 2;
    const auto omega = torch::pow(10000.0, -torch::arange(half / 2, doubles) / (half / 2.0));
    const auto angles = torch::arange(grid, doubles).unsqueeze(1) * omega; // [grid, half / 2]
    const auto line = torch::cat({angles.sin(), angles.cos()}, 1);         // [grid, half]
    const auto columns = line.unsqueeze(0).expand({grid, grid, half});
    const auto rows = line.unsqueeze(1).expand({grid, grid, half});
    const auto cells = torch::cat({columns, rows}, 2).reshape({grid * grid, width});
    return torch::cat({torch::zeros({1, width}, doubles), cells}).unsqueeze(0).to(torch::kFloat32);
}

torch::Tensor patchesOf(const torch::Tensor &images, int patch)
{
    const auto batch = images.size(0), channels = images.size(1);
    const auto rows = images.size(2) / patch, columns = images.size(3) / patch;
    return images.reshape({batch, channels, rows, patch, columns, patch})
        .permute({0, 2, 4, 3, 5, 1})
        .reshape({batch, rows * columns, patch * patch * channels});
}

torch::Tensor imagesOf(const torch::Tensor &patches, int patch)
{
    const auto batch = patches.size(0), channels = patches.size(2) / (patch * patch);
    const auto grid = std::int64_t(std::lround(std::sqrt(double(patches.size(1)))));
    return patches.reshape({batch, grid, grid, patch, patch, channels})
        .permute({0, 5, 1, 3, 2, 4})
        .reshape({batch, channels, grid * patch, grid * patch});
}

bool learnsToReconstruct(const NetworkConfig &config)
{
    return config.options.value("pretrain", 0.0) > 0;
}

bool learnsOnlyToReconstruct(const NetworkConfig &config)
{
    return config.options.value("pretrain", 0.0) >= 1;
}

PatchMask maskByNoise(const torch::Tensor &noise, double ratio)
{
    const auto keep = std::int64_t(double(noise.size(1)) * (1 - ratio));
    const auto order = noise.argsort(/*stable=*/true, /*dim=*/1, /*descending=*/false);
    PatchMask mask;
    mask.kept = order.narrow(1, 0, keep);
    mask.restore = order.argsort(/*stable=*/true, /*dim=*/1, /*descending=*/false);
    mask.removed = (mask.restore >= keep).to(noise.scalar_type());
    return mask;
}

namespace {

/// Mean and deviation of each patch, [N, T, 1].
std::pair<torch::Tensor, torch::Tensor> statisticsOf(const torch::Tensor &patches)
{
    return {patches.mean(-1, true), (patches.var(-1, /*unbiased=*/true, /*keepdim=*/true) + 1e-6).sqrt()};
}

} // namespace

torch::Tensor reconstructionError(const torch::Tensor &predicted, const torch::Tensor &patches, bool normPixels)
{
    auto target = patches;
    if (normPixels) {
        const auto [mean, deviation] = statisticsOf(patches);
        target = (target - mean) / deviation;
    }
    return (predicted - target).square().mean(-1);
}

torch::Tensor reconstructionLoss(const torch::Tensor &predicted, const torch::Tensor &patches,
                                 const torch::Tensor &removed, bool normPixels)
{
    return (reconstructionError(predicted, patches, normPixels) * removed).sum() / removed.sum();
}

torch::Tensor faceQueryMask(int grid)
{
    auto mask = torch::zeros({grid * grid + 1});
    mask[0] = 1;
    for (int row = 0; row < grid; ++row)
        for (int column = 0; column < grid; ++column) {
            const int part = (2 * row + 1) * 3 / (2 * grid) * 3 + (2 * column + 1) * 3 / (2 * grid) + 1;
            if (part == 1 || part == 3 || part == 5 || part == 8)
                mask[row * grid + column + 1] = 1;
        }
    return mask;
}

torch::Tensor boxQueryMask(const torch::Tensor &boxes, int grid, int side)
{
    const double cell = double(side) / grid;
    const auto centres = (torch::arange(grid, boxes.options()) + 0.5) * cell;
    // Cells along one side that a box covers by their centre, or that hold its middle: [N, K, g].
    const auto along = [&](int from, int to) {
        const auto first = boxes.select(2, from).unsqueeze(2), last = boxes.select(2, to).unsqueeze(2);
        const auto middle = ((first + last) / 2 / cell).floor().clamp(0, grid - 1);
        const auto covered = (centres >= first).logical_and(centres <= last);
        return std::pair(covered, torch::arange(grid, boxes.options()) == middle);
    };
    const auto [columns, middleColumn] = along(0, 2);
    const auto [rows, middleRow] = along(1, 3);
    const auto cells = [](const torch::Tensor &down, const torch::Tensor &across) {
        return down.unsqueeze(3).logical_and(across.unsqueeze(2)); // [N, K, g, g]
    };
    const auto kept = cells(rows, columns).logical_or(cells(middleRow, middleColumn)).any(1).flatten(1);
    return torch::cat({torch::ones({kept.size(0), 1}, kept.options()), kept}, 1);
}

MaskedAutoencoder::MaskedAutoencoder(NetworkConfig config, const MaskedAutoencoderLayout &layout)
    : Network(std::move(config), "imagenet")
    , m_layout(layout)
{
    const int grid = this->config().side / layout.patch;
    m_classToken = register_parameter("cls_token", torch::empty({1, 1, layout.width}));
    startTokens(m_classToken);
    m_positions = register_parameter("pos_embed", sineCosinePositions(grid, layout.width), /*requires_grad=*/false);
    if (layout.queryMask)
        m_queryMask = register_buffer("mask", faceQueryMask(grid));
    m_patches = register_module("patch_embed", std::make_shared<PatchEmbedding>(this->config().channels, layout.patch,
                                                                                layout.width, layout.projectionName));
    TransformerOptions block{.width = layout.width,
                             .heads = layout.heads,
                             .mlpRatio = layout.mlpRatio,
                             .eps = layout.eps,
                             .qkvName = layout.qkvName,
                             .projName = layout.attentionProjectionName};
    m_blocks = register_module("blocks", std::make_shared<TransformerBlocks>(block, layout.blocks, layout.dropPath));
    m_norm = register_module("norm", layerNorm(layout.width, layout.eps));
    if (layout.decoderBlocks > 0) {
        m_decoderEmbed = register_module("decoder_embed", torch::nn::Linear(layout.width, layout.decoderWidth));
        m_maskToken = register_parameter("mask_token", torch::empty({1, 1, layout.decoderWidth}));
        startTokens(m_maskToken);
        m_decoderPositions = register_parameter("decoder_pos_embed", sineCosinePositions(grid, layout.decoderWidth),
                                                /*requires_grad=*/false);
        block.width = layout.decoderWidth;
        block.heads = layout.decoderHeads;
        m_decoderBlocks =
            register_module("decoder_blocks", std::make_shared<TransformerBlocks>(block, layout.decoderBlocks));
        m_decoderNorm = register_module("decoder_norm", layerNorm(layout.decoderWidth, layout.eps));
        m_prediction =
            register_module("decoder_pred", torch::nn::Linear(layout.decoderWidth,
                                                              layout.patch * layout.patch * this->config().channels));
    }
    if (this->config().classes > 0)
        m_head = register_module(layout.headName, torch::nn::Linear(layout.width, this->config().classes));

    const torch::NoGradGuard noGradient;
    for (const auto &module : modules(/*include_self=*/false)) {
        if (auto *linear = module->as<torch::nn::Linear>()) {
            torch::nn::init::xavier_uniform_(linear->weight);
            torch::nn::init::zeros_(linear->bias);
        } else if (auto *projection = module->as<torch::nn::Conv2d>()) { // the patch projection, seen as a linear layer
            auto flat = projection->weight.view({projection->weight.size(0), -1});
            torch::nn::init::xavier_uniform_(flat);
        }
    }
}

torch::Tensor MaskedAutoencoder::patchTokens(const torch::Tensor &images)
{
    return m_patches->forward(images) + m_positions.slice(1, 1);
}

torch::Tensor MaskedAutoencoder::behindClassToken(const torch::Tensor &patches) const
{
    const auto first = (m_classToken + m_positions.slice(1, 0, 1)).expand({patches.size(0), -1, -1});
    return torch::cat({first, patches}, 1);
}

torch::Tensor MaskedAutoencoder::attended(const NetworkInput &faces) const
{
    if (!m_layout.dynamicMask || !faces.landmarks.defined())
        return m_queryMask;
    const auto boxes = landmarkBoxes(faces.landmarks, faces.images.size(2), faces.images.size(3));
    return boxQueryMask(boxes, config().side / m_layout.patch, config().side);
}

torch::Tensor MaskedAutoencoder::hiddenPatches(const NetworkInput &faces) const
{
    const auto keys = attended(faces);
    if (!keys.defined())
        return {};
    const auto hidden = (keys == 0).to(torch::kCPU);
    return patchMap((hidden.dim() == 1 ? hidden.expand({faces.images.size(0), -1}) : hidden).slice(1, 1));
}

int MaskedAutoencoder::patches() const
{
    const int grid = config().side / m_layout.patch;
    return grid * grid;
}

Reconstruction MaskedAutoencoder::reconstruct(const torch::Tensor &images, const torch::Tensor &noise)
{
    TORCH_CHECK(m_decoderBlocks != nullptr, "network ", config().name, " has no decoder");
    const auto target = patchesOf(images, m_layout.patch);
    const auto mask = maskByNoise(noise, m_layout.maskRatio);
    const auto predicted = decode(encode(images, mask), mask);
    auto drawn = predicted;
    if (m_layout.normPixels) {
        const auto [mean, deviation] = statisticsOf(target);
        drawn = predicted * deviation + mean;
    }
    return {imagesOf(torch::where(mask.removed.unsqueeze(2) > 0, drawn, target), m_layout.patch),
            patchMap(mask.removed), patchMap(reconstructionError(predicted, target, m_layout.normPixels))};
}

torch::Tensor MaskedAutoencoder::encode(const NetworkInput &faces)
{
    return m_norm(m_blocks->forward(behindClassToken(patchTokens(faces.images)), attended(faces)));
}

torch::Tensor MaskedAutoencoder::encode(const torch::Tensor &images, const PatchMask &mask)
{
    const auto patches = patchTokens(images);
    const auto kept = patches.gather(1, mask.kept.unsqueeze(2).expand({-1, -1, patches.size(2)}));
    return m_norm(m_blocks->forward(behindClassToken(kept)));
}

torch::Tensor MaskedAutoencoder::decode(const torch::Tensor &latent, const PatchMask &mask)
{
    const auto embedded = m_decoderEmbed(latent);
    const auto missing = mask.restore.size(1) - mask.kept.size(1);
    auto patches = torch::cat(
        {embedded.slice(1, 1), m_maskToken.to(embedded.scalar_type()).expand({embedded.size(0), missing, -1})}, 1);
    patches = patches.gather(1, mask.restore.unsqueeze(2).expand({-1, -1, patches.size(2)}));
    const auto whole = torch::cat({embedded.slice(1, 0, 1), patches}, 1) + m_decoderPositions;
    return m_prediction(m_decoderNorm(m_decoderBlocks->forward(whole))).slice(1, 1);
}

NetworkViews MaskedAutoencoder::forwardAll(NetworkInput faces)
{
    const auto encoded = encode(faces);
    NetworkViews views;
    views.features = tokensAsMap(encoded.slice(1, 1));
    views.pooled = m_layout.meanOfPatches ? views.features.mean({2, 3}) : encoded.select(1, 0);
    if (m_head)
        views.logits = m_head(views.pooled);
    return views;
}

std::vector<torch::Tensor> MaskedAutoencoder::attentions(NetworkInput faces)
{
    std::vector<torch::Tensor> weights;
    m_blocks->forward(behindClassToken(patchTokens(faces.images)), attended(faces), weights);
    return weights;
}

NetworkViews MaskedAutoencoder::forwardTraining(NetworkInput faces, std::int64_t samples, const LossSettings &settings)
{
    const bool classifies = m_decoderBlocks == nullptr || (m_head && settings.progress >= m_layout.pretrain);
    NetworkViews views;
    if (classifies)
        views = forwardAll(faces);
    if (m_decoderBlocks == nullptr || (classifies && !m_layout.combine))
        return views;
    const auto images = faces.images.narrow(0, 0, samples);
    const auto target = patchesOf(images, m_layout.patch);
    const auto mask = maskByNoise(torch::rand({samples, target.size(1)}, images.options()), m_layout.maskRatio);
    views.parts = {{"patches", target}, {"removed", mask.removed}, {"predicted", decode(encode(images, mask), mask)}};
    return views;
}

torch::Tensor MaskedAutoencoder::loss(const NetworkViews &views, const torch::Tensor &labels,
                                      const LossSettings &settings)
{
    const auto predicted = views.parts.find("predicted");
    if (predicted == views.parts.end())
        return Network::loss(views, labels, settings);
    const auto reconstruction = reconstructionLoss(predicted->second.to(torch::kFloat32), views.parts.at("patches"),
                                                   views.parts.at("removed"), m_layout.normPixels);
    return views.logits.defined() ? Network::loss(views, labels, settings) + reconstruction : reconstruction;
}

namespace {

NetworkOption maskRatioOption(double standard)
{
    return {.name = "mask_ratio",
            .type = NetworkOption::Type::Number,
            .standard = standard,
            .least = 0.1,
            .most = 0.9,
            .help = "share of the patches that the encoder does not see while it learns to reconstruct"};
}

const NetworkOption pretrainOption{.name = "pretrain",
                                   .type = NetworkOption::Type::Number,
                                   .standard = 0.5,
                                   .least = 0,
                                   .most = 1,
                                   .help = "share of the training that reconstructs hidden patches, without labels, "
                                           "before the classifier is trained; 1: nothing else"};

const NetworkOption combineOption{.name = "combine",
                                  .standard = "no",
                                  .values = {"no", "yes"},
                                  .help = "yes: while the classifier is trained, hidden patches are reconstructed in "
                                          "the same step, and both losses are added; no: one after the other"};

const NetworkOption targetOption{.name = "norm_pix",
                                 .standard = "yes",
                                 .values = {"yes", "no"},
                                 .help = "yes: each patch is to be drawn at mean 0 and deviation 1, no: as it is"};

const NetworkOption poolOption{.name = "pool",
                               .standard = "cls",
                               .values = {"cls", "gap"},
                               .help = "what the classifier sees: cls: the class token, gap: the mean of the patches"};

const NetworkOption queryMaskOption{
    .name = "mask",
    .standard = "fixed",
    .values = {"fixed", "dynamic"},
    .help = "where eyes, nose and mouth are looked for: fixed: where they lie in an aligned face, dynamic: around the "
            "landmarks of each face, for faces that are tilted; best with a side of 216 or more, whose patches are "
            "smaller than the parts"};

MaskedAutoencoderLayout tinyLayout()
{
    return {
        .patch = 16, .width = 48, .blocks = 2, .heads = 3, .decoderWidth = 24, .decoderBlocks = 1, .decoderHeads = 3};
}

std::shared_ptr<Network> build(const NetworkConfig &config, MaskedAutoencoderLayout layout)
{
    layout.maskRatio = config.options.at("mask_ratio");
    layout.pretrain = config.options.at("pretrain");
    layout.combine = config.options.at("combine") == "yes";
    layout.normPixels = config.options.at("norm_pix") == "yes";
    layout.meanOfPatches = config.options.at("pool") == "gap";
    layout.dropPath = config.options.at("drop_path");
    return std::make_shared<MaskedAutoencoder>(config, layout);
}

MaskedAutoencoderLayout gridOfNine()
{
    return {.patch = 24,
            .width = 512,
            .blocks = 12,
            .heads = 4,
            .decoderWidth = 512,
            .decoderBlocks = 8,
            .decoderHeads = 16};
}

std::shared_ptr<Network> buildBase(const NetworkConfig &config)
{
    return build(config, isTiny(config) ? tinyLayout()
                                        : MaskedAutoencoderLayout{.patch = 16,
                                                                  .width = 768,
                                                                  .blocks = 12,
                                                                  .heads = 12,
                                                                  .decoderWidth = 512,
                                                                  .decoderBlocks = 8,
                                                                  .decoderHeads = 16});
}

std::shared_ptr<Network> buildGrid9(const NetworkConfig &config)
{
    return build(config, isTiny(config) ? tinyLayout() : gridOfNine());
}

std::shared_ptr<Network> buildVisi(const NetworkConfig &config)
{
    return build(config, isTiny(config) ? tinyLayout() : MaskedAutoencoderLayout{});
}

std::shared_ptr<Network> buildQueryMask(const NetworkConfig &config)
{
    auto layout = isTiny(config) ? tinyLayout() : gridOfNine();
    layout.eps = 1e-5;
    layout.queryMask = true;
    layout.dynamicMask = config.options.at("mask") == "dynamic";
    layout.projectionName = "projection_layer";
    layout.qkvName = "qkv_linear";
    layout.attentionProjectionName = "proj_linear";
    layout.headName = "cls_head";
    return build(config, layout);
}

template <int side, int patch>
SideRange sides(const nlohmann::json &options)
{
    if (options.at("preset") == "tiny")
        return {.standard = 48, .least = 48, .most = 64, .step = 16};
    return {.standard = side, .least = 2 * patch, .most = 8 * side, .step = patch};
}

/// A grid that the nine parts divide.
SideRange queryMaskSides(const nlohmann::json &options)
{
    if (options.at("preset") == "tiny")
        return {.standard = 48, .least = 48, .most = 48, .step = 48};
    return {.standard = 72, .least = 72, .most = 576, .step = 72};
}

} // namespace

MaskedAutoencoderLayout visiEncoderLayout(bool tiny)
{
    MaskedAutoencoderLayout layout = tiny ? tinyLayout() : MaskedAutoencoderLayout{};
    layout.decoderBlocks = 0;
    return layout;
}

std::vector<NetworkPlan> maskedAutoencoderPlans()
{
    const auto options = [](double maskRatio) {
        return std::vector<NetworkOption>{
            presetOption(),  maskRatioOption(maskRatio), pretrainOption, combineOption, targetOption, poolOption,
            dropPathOption()};
    };
    auto queryMaskOptions = options(0.5);
    queryMaskOptions.push_back(queryMaskOption);
    return {{.name = "mae-base",
             .title = "Masked auto-encoder, ViT-Base",
             .goodFor = "much unlabelled data: learns from pictures first, from labels after",
             .needs = "a GPU; two trainings, the first without labels",
             .weights = "ViT-Base as the authors of MAE pre-trained it (ImageNet, CC-BY-NC 4.0)",
             .source = "He et al., Masked Autoencoders Are Scalable Vision Learners, CVPR 2022",
             .options = options(0.75),
             .sides = sides<224, 16>,
             .build = buildBase},
            {.name = "mae-grid9",
             .title = "Masked auto-encoder of nine parts of a face",
             .goodFor = "drowsiness: learns faces by completing a grid of three by three",
             .needs = "a GPU in its full size; two trainings, the first without labels",
             .source = "Drowsiness masked auto-encoder: 72 pixels in 3 x 3 patches",
             .classes = 2,
             .options = options(0.5),
             .sides = sides<72, 24>,
             .build = buildGrid9},
            {.name = "mae-visi",
             .title = "Masked auto-encoder, small enough for a CPU",
             .goodFor = "trying what training without labels brings",
             .needs = "a CPU will do; two trainings, the first without labels",
             .source = "Layout our own, after the landmark-query report (VISI)",
             .options = options(0.5),
             .sides = sides<96, 8>,
             .build = buildVisi},
            {.name = "qmask",
             .title = "Drowsiness classifier that attends to eyes, nose and mouth (Q mask)",
             .goodFor = "drowsiness: awake or not from the parts that tell it",
             .needs = "the auto-encoder of nine parts, trained before on the same faces",
             .source = "Drowsiness masked auto-encoder: its fine-tuning stage",
             .classes = 2,
             .options = queryMaskOptions,
             .sides = queryMaskSides,
             .build = buildQueryMask}};
}

} // namespace mien
