#include "models/io/published_names.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

namespace mien {
namespace {

using Shape = std::vector<std::int64_t>;

/// A published name in the network's words. Empty: it is none of the convention's.
struct Translated
{
    std::string name;
    bool isKernel = false; ///< Keras' order of axes.
};

/// One way of naming the tensors of a network.
struct Convention
{
    std::string title; ///< Empty: the network's own names.
    std::function<Translated(const std::string &)> translated;
    bool reshapes = false;
    std::string part{}; ///< The only part that it can be for; empty: any.
};

std::vector<std::string> split(std::string_view text, std::string_view separators)
{
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t to = std::min(text.find_first_of(separators, from), text.size());
        parts.emplace_back(text.substr(from, to - from));
        from = to + 1;
    }
    return parts;
}

bool isNumber(std::string_view text)
{
    return !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// `name` with the first of the beginnings that it has replaced; empty without one.
std::string withBeginning(const std::string &name,
                          std::initializer_list<std::pair<std::string_view, std::string_view>> beginnings)
{
    for (const auto &[theirs, ours] : beginnings)
        if (name.starts_with(theirs))
            return std::string(ours) + name.substr(theirs.size());
    return {};
}

// ---- torchvision's ViT (models.md 1.3)

Translated fromTorchvisionVit(const std::string &name)
{
    constexpr std::string_view layer = "encoder.layers.encoder_layer_";
    if (!name.starts_with(layer))
        return {withBeginning(name, {{"class_token", "cls_token"},
                                     {"encoder.pos_embedding", "pos_embed"},
                                     {"conv_proj.", "patch_embed.proj."},
                                     {"encoder.ln.", "norm."},
                                     {"heads.head.", "head."}})};
    const std::size_t dot = name.find('.', layer.size());
    if (dot == std::string::npos || !isNumber(std::string_view(name).substr(layer.size(), dot - layer.size())))
        return {};
    const std::string rest = withBeginning(name.substr(dot + 1), {{"ln_1.", "norm1."},
                                                                  {"ln_2.", "norm2."},
                                                                  {"self_attention.in_proj_", "attn.qkv."},
                                                                  {"self_attention.out_proj.", "attn.proj."},
                                                                  {"mlp.0.", "mlp.fc1."},
                                                                  {"mlp.linear_1.", "mlp.fc1."},
                                                                  {"mlp.3.", "mlp.fc2."},
                                                                  {"mlp.linear_2.", "mlp.fc2."}});
    if (rest.empty())
        return {};
    return {"blocks." + name.substr(layer.size(), dot - layer.size()) + "." + rest};
}

// ---- timm's VGG (1.2): its classifier is made of convolutions

Translated fromTimmVgg(const std::string &name)
{
    if (name.starts_with("features."))
        return {name};
    return {withBeginning(
        name,
        {{"pre_logits.fc1.", "classifier.0."}, {"pre_logits.fc2.", "classifier.3."}, {"head.fc.", "classifier.6."}})};
}

// ---- ResNet where it is a sequence (3.2)

Translated fromResNet(const std::string &name)
{
    return {withBeginning(name, {{"conv1.", "0."},
                                 {"bn1.", "1."},
                                 {"layer1.", "4."},
                                 {"layer2.", "5."},
                                 {"layer3.", "6."},
                                 {"layer4.", "7."}})};
}

// ---- Masked auto-encoders (5.1) and what continues them under the Q mask (5.3), whose layers have names of their own

Translated fromAutoencoder(const std::string &name)
{
    std::string translated = name;
    for (const auto &[theirs, ours] :
         {std::pair("patch_embed.proj.", "patch_embed.projection_layer."), std::pair("attn.qkv.", "attn.qkv_linear."),
          std::pair("attn.proj.", "attn.proj_linear.")})
        if (const std::size_t at = translated.find(theirs); at != std::string::npos)
            translated.replace(at, std::string_view(theirs).size(), ours);
    if (translated.starts_with("head."))
        translated.insert(0, "cls_");
    return {translated};
}

// ---- Keras (1.4, 1.5)

struct KerasName
{
    std::string layer, member; ///< "conv1_conv", "weight"
    bool isKernel = false;
};

/// Of "conv1_conv/kernel:0", "resnet50v2/conv1_conv/conv1_conv/kernel:0", "conv1_conv.kernel".
std::optional<KerasName> kerasName(const std::string &name)
{
    static const std::map<std::string, std::string, std::less<>> members = {
        {"kernel", "weight"}, {"depthwise_kernel", "weight"},  {"gamma", "weight"},
        {"beta", "bias"},     {"moving_mean", "running_mean"}, {"moving_variance", "running_var"},
        {"bias", "bias"}};
    const auto parts = split(name.ends_with(":0") ? std::string_view(name).substr(0, name.size() - 2) : name, "/.");
    if (parts.size() < 2)
        return std::nullopt;
    const auto member = members.find(parts.back());
    if (member == members.end())
        return std::nullopt;
    return KerasName{parts[parts.size() - 2], member->second, parts.back().ends_with("kernel")};
}

Translated fromKeras(const std::string &name)
{
    const auto keras = kerasName(name);
    return keras ? Translated{keras->layer + "." + keras->member, keras->isKernel} : Translated{};
}

/// What Keras calls the layers of a block of EfficientNetV2, behind "block4a_", and what timm does.
const std::map<std::string, std::string, std::less<>> &efficientNetLayers(char stage)
{
    using Names = std::map<std::string, std::string, std::less<>>;
    static const Names plain = {{"project_conv", "conv"}, {"project_bn", "bn1"}};
    static const Names fused = {
        {"expand_conv", "conv_exp"}, {"expand_bn", "bn1"}, {"project_conv", "conv_pwl"}, {"project_bn", "bn2"}};
    static const Names inverted = {{"expand_conv", "conv_pw"},      {"expand_bn", "bn1"},
                                   {"dwconv2", "conv_dw"},          {"bn", "bn2"},
                                   {"se_reduce", "se.conv_reduce"}, {"se_expand", "se.conv_expand"},
                                   {"project_conv", "conv_pwl"},    {"project_bn", "bn3"}};
    return stage == '1' ? plain : stage <= '3' ? fused : inverted;
}

Translated fromKerasEfficientNet(const std::string &name)
{
    static const std::map<std::string, std::string, std::less<>> outer = {
        {"stem_conv", "conv_stem"}, {"stem_bn", "bn1"}, {"top_conv", "conv_head"}, {"top_bn", "bn2"}};
    const auto keras = kerasName(name);
    if (!keras)
        return {};
    const std::string end = "." + keras->member;
    if (const auto known = outer.find(keras->layer); known != outer.end())
        return {known->second + end, keras->isKernel};
    constexpr std::string_view block = "block";
    const std::string &layer = keras->layer; // block4a_expand_conv
    if (!layer.starts_with(block) || layer.size() < block.size() + 4 || layer[block.size() + 2] != '_')
        return {};
    const char stage = layer[block.size()], repeat = layer[block.size() + 1];
    if (stage < '1' || stage > '6' || repeat < 'a' || repeat > 'z')
        return {};
    const auto &layers = efficientNetLayers(stage);
    const auto inner = layers.find(layer.substr(block.size() + 3));
    if (inner == layers.end())
        return {};
    return {"blocks." + std::to_string(stage - '1') + "." + std::to_string(repeat - 'a') + "." + inner->second + end,
            keras->isKernel};
}

// ---- MobileFaceNet of ARBEx (1.7): path_1.2.net.0.net.0.weight; the n-th convolution with its normalisation and
// activation is our n-th one

/// Orders "path_1.10.net" behind "path_1.9.net".
std::vector<std::pair<long, std::string>> naturally(const std::string &name)
{
    std::vector<std::pair<long, std::string>> key;
    for (const std::string &part : split(name, "."))
        key.emplace_back(isNumber(part) ? std::stol(part) : -1, part);
    return key;
}

/// Our convolutions under `part` in the order of the network: "conv1", "conv2_dw", "conv_23.conv", …
std::vector<std::string> mobileFaceNetUnits(std::span<const NamedShape> own, const std::string &part)
{
    constexpr std::array<std::string_view, 9> order = {"conv1",  "conv2_dw", "conv_23", "conv_3",    "conv_34",
                                                       "conv_4", "conv_45",  "conv_5",  "conv_6_sep"};
    std::vector<std::pair<std::ptrdiff_t, std::string>> units;
    constexpr std::string_view end = ".conv.weight";
    for (const NamedShape &tensor : own) {
        if (!tensor.name.starts_with(part) || !tensor.name.ends_with(end) || tensor.shape.size() != 4)
            continue;
        const std::string unit = tensor.name.substr(part.size(), tensor.name.size() - part.size() - end.size());
        const auto stage = std::find(order.begin(), order.end(), split(unit, ".").front());
        if (stage != order.end())
            units.emplace_back(stage - order.begin(), unit);
    }
    std::sort(units.begin(), units.end(), [](const auto &a, const auto &b) {
        return a.first != b.first ? a.first < b.first : naturally(a.second) < naturally(b.second);
    });
    std::vector<std::string> names;
    for (auto &[stage, unit] : units)
        names.push_back(std::move(unit));
    return names;
}

/// ["path_1.0", "0", "weight"] of "landmarks.path_1.0.net.0.weight": convolution, member of it, its tensor.
std::optional<std::array<std::string, 3>> pathUnit(const std::string &name)
{
    const std::size_t begin = name.find("path_"), net = name.rfind(".net.");
    if (begin == std::string::npos || net == std::string::npos || net < begin || (begin > 0 && name[begin - 1] != '.'))
        return std::nullopt;
    const auto rest = split(std::string_view(name).substr(net + 5), ".");
    if (rest.size() != 2)
        return std::nullopt;
    return std::array{name.substr(begin, net - begin), rest[0], rest[1]};
}

std::optional<Convention> mobileFaceNetOfPaths(std::span<const NamedShape> stored, std::span<const NamedShape> own)
{
    std::vector<std::string> theirs;
    for (const NamedShape &tensor : stored)
        if (const auto unit = pathUnit(tensor.name); unit && (*unit)[1] == "0" && (*unit)[2] == "weight")
            theirs.push_back((*unit)[0]);
    std::sort(theirs.begin(), theirs.end(),
              [](const std::string &a, const std::string &b) { return naturally(a) < naturally(b); });
    constexpr std::string_view mark = "conv2_dw.conv.weight";
    const auto marked =
        std::find_if(own.begin(), own.end(), [&](const NamedShape &tensor) { return tensor.name.ends_with(mark); });
    if (theirs.empty() || marked == own.end())
        return std::nullopt;
    const std::string part = marked->name.substr(0, marked->name.size() - mark.size());
    const auto ours = mobileFaceNetUnits(own, part);
    std::map<std::string, std::string> meaning;
    for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i)
        meaning.emplace(theirs[i], ours[i]);
    return Convention{.title = "ARBEx' MobileFaceNet",
                      .translated = [meaning](const std::string &name) -> Translated {
                          static const std::map<std::string, std::string, std::less<>> members = {
                              {"0", ".conv."}, {"1", ".bn."}, {"2", ".prelu."}};
                          const auto unit = pathUnit(name);
                          if (!unit || !meaning.contains((*unit)[0]) || !members.contains((*unit)[1]))
                              return {};
                          return {meaning.at((*unit)[0]) + members.at((*unit)[1]) + (*unit)[2]};
                      },
                      .part = part};
}

// ---- shapes

/// The side of the grid that a table of positions is for; 0: it is none with a class row.
std::int64_t gridSide(const Shape &shape)
{
    if (shape.size() != 3 || shape[0] != 1 || shape[1] < 2)
        return 0;
    const auto side = std::int64_t(std::llround(std::sqrt(double(shape[1] - 1))));
    return side * side == shape[1] - 1 ? side : 0;
}

/// "pos_embed", "decoder_pos_embed", CrossViT's "pos_embed.0".
bool isPositions(const std::string &name)
{
    const auto parts = split(name, ".");
    const std::string &last = parts.size() > 1 && isNumber(parts.back()) ? parts[parts.size() - 2] : parts.back();
    return last == "pos_embed" || last == "decoder_pos_embed";
}

std::optional<WeightChange> kernelChange(const Shape &theirs, const Shape &ours)
{
    if (theirs.size() == 2 && ours == Shape{theirs[1], theirs[0]})
        return WeightChange::TransposeDense;
    if (theirs.size() != 4 || ours.size() != 4)
        return std::nullopt;
    if (ours == Shape{theirs[3], theirs[2], theirs[0], theirs[1]})
        return WeightChange::KernelLast;
    if (ours[1] == 1 && theirs[2] > 0 && ours[0] % theirs[2] == 0 && ours[0] / theirs[2] == theirs[3] &&
        ours[2] == theirs[0] && ours[3] == theirs[1])
        return WeightChange::DepthwiseKernel;
    return std::nullopt;
}

bool holdsSameRows(const Shape &theirs, const Shape &ours)
{
    if (theirs.size() != 4 || ours.size() != 2 || theirs[0] != ours[0])
        return false;
    std::int64_t row = 1;
    for (std::size_t axis = 1; axis < theirs.size(); ++axis)
        if (__builtin_mul_overflow(row, theirs[axis], &row))
            return false;
    return row == ours[1];
}

std::optional<WeightChange> changeFor(const NamedShape &stored, const NamedShape &own, bool isKernel, bool reshapes)
{
    if (isKernel)
        return kernelChange(stored.shape, own.shape);
    if (stored.shape == own.shape)
        return WeightChange::None;
    if (reshapes && holdsSameRows(stored.shape, own.shape))
        return WeightChange::Reshape;
    if (isPositions(own.name) && gridSide(stored.shape) > 0 && gridSide(own.shape) > 0 &&
        stored.shape[2] == own.shape[2])
        return WeightChange::ResizePositions;
    return std::nullopt;
}

// ---- matching

/// Modules of POSTER that its files hold and nothing evaluates, the landmark output that the fusion does not use, and
/// the table that is computed.
bool isDropped(const std::string &name)
{
    const auto parts = split(name, ".");
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string &part = parts[i];
        if (part == "relative_position_index" || part == "output_layer" || part == "num_batches_tracked")
            return true;
        if (i == 0 || parts[i - 1] != "VIT")
            continue;
        if (part == "patch_embed" || part == "CON1" || part == "IRLinear1" || part == "IRLinear2" ||
            part == "eca_block" || (part == "blocks" && i + 2 < parts.size() && parts[i + 2] == "conv"))
            return true;
    }
    return false;
}

std::string withoutParallel(const std::string &name)
{
    return name.starts_with("module.") ? name.substr(7) : name;
}

class Matcher
{
public:
    Matcher(std::span<const NamedShape> stored, std::span<const NamedShape> own)
        : m_stored(stored.begin(), stored.end())
        , m_own(own)
    {
        for (NamedShape &tensor : m_stored)
            tensor.name = withoutParallel(tensor.name);
        for (std::size_t i = 0; i < own.size(); ++i)
            m_index.emplace(own[i].name, i);
        std::set<std::string> parts;
        for (const NamedShape &tensor : own)
            if (const std::size_t dot = tensor.name.find('.'); dot != std::string::npos)
                parts.insert(tensor.name.substr(0, dot + 1));
        m_parts.assign(parts.begin(), parts.end());
        m_parts.insert(m_parts.begin(), std::string());
    }

    NameMatch best() const
    {
        NameMatch best = matched(own(), {});
        for (const Convention &convention : conventions()) {
            const auto parts = convention.part.empty() ? m_parts : std::vector{convention.part};
            for (const std::string &part : parts) {
                if (best.moves.size() == m_stored.size())
                    return best;
                if (NameMatch match = matched(convention, part); match.moves.size() > best.moves.size())
                    best = std::move(match);
            }
        }
        return best;
    }

private:
    static Convention own()
    {
        return {.title = {}, .translated = [](const std::string &name) { return Translated{name}; }};
    }

    std::vector<Convention> conventions() const
    {
        std::vector<Convention> all = {
            own(),
            {.title = "torchvision's ViT", .translated = fromTorchvisionVit},
            {.title = "timm's VGG", .translated = fromTimmVgg, .reshapes = true},
            {.title = "ResNet", .translated = fromResNet},
            {.title = "masked auto-encoders", .translated = fromAutoencoder},
            {.title = "Keras", .translated = fromKeras},
            {.title = "Keras' EfficientNetV2", .translated = fromKerasEfficientNet},
        };
        if (auto paths = mobileFaceNetOfPaths(m_stored, m_own))
            all.push_back(std::move(*paths));
        return all;
    }

    NameMatch matched(const Convention &convention, const std::string &part) const
    {
        NameMatch match{.convention = convention.title, .part = part};
        std::vector<bool> isMet(m_own.size(), false);
        for (std::size_t i = 0; i < m_stored.size(); ++i) {
            const Translated translated = convention.translated(m_stored[i].name);
            const auto found = translated.name.empty() ? m_index.end() : m_index.find(part + translated.name);
            if (found == m_index.end() || isMet[found->second]) {
                (isDropped(part + m_stored[i].name) ? match.dropped : match.unexpected).push_back(i);
                continue;
            }
            isMet[found->second] = true;
            if (const auto change =
                    changeFor(m_stored[i], m_own[found->second], translated.isKernel, convention.reshapes))
                match.moves.push_back({i, found->second, *change});
            else
                match.mismatched.push_back(i);
        }
        for (std::size_t i = 0; i < m_own.size(); ++i)
            if (!isMet[i] && !m_own[i].name.ends_with("num_batches_tracked"))
                match.missing.push_back(i);
        return match;
    }

    std::vector<NamedShape> m_stored;
    std::span<const NamedShape> m_own;
    std::unordered_map<std::string, std::size_t> m_index;
    std::vector<std::string> m_parts;
};

} // namespace

NameMatch matchPublishedNames(std::span<const NamedShape> stored, std::span<const NamedShape> own)
{
    return Matcher(stored, own).best();
}

} // namespace mien
