#include "models/train/train_config.h"

#include "models/base/recipe_epochs.h"
#include "models/train/train_help.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace mien {

namespace {

tl::unexpected<Error> badValue(const std::string &key, const nlohmann::json &value, const std::string &possible)
{
    return fail(ErrorCode::Invalid, "--set " + key + "=" +
                                        (value.is_string() ? value.get<std::string>() : value.dump()) +
                                        " is not possible: " + key + " takes " + possible);
}

std::string range(double low, double high)
{
    const auto text = [](double value) {
        std::string digits = nlohmann::json(value).dump();
        return digits.ends_with(".0") ? digits.substr(0, digits.size() - 2) : digits;
    };
    return text(low) + " to " + text(high);
}

std::optional<double> number(const nlohmann::json &value)
{
    if (value.is_number())
        return value.get<double>();
    if (!value.is_string())
        return std::nullopt;
    const auto text = value.get<std::string>();
    char *end = nullptr;
    const double parsed = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' ? std::optional(parsed) : std::nullopt;
}

/// How one `--set` key reads its value into the configuration and shows it again; null: not set.
struct Key
{
    std::string name;
    std::string takes; ///< "a number of 0 to 1"
    std::function<Result<>(TrainConfig &, const nlohmann::json &)> read;
    std::function<nlohmann::json(const TrainConfig &)> show;
    std::function<nlohmann::json(const TrainConfig &)> value = show; ///< The same where it is not to be shown, too.
};

template <typename T>
struct Plain
{
    using Type = T;
    static nlohmann::json shown(const T &value) { return value; }
};

template <typename T>
struct Plain<std::optional<T>>
{
    using Type = T;
    static nlohmann::json shown(const std::optional<T> &value) { return value ? nlohmann::json(*value) : nullptr; }
};

/// @param field  gives the number, plain or optional, of a configuration that may be const
template <typename Access>
Key numericAt(std::string name, double low, double high, Access field)
{
    using Field = std::remove_cvref_t<decltype(field(std::declval<TrainConfig &>()))>;
    using Number = typename Plain<Field>::Type;
    const std::string takes = (std::is_integral_v<Number> ? "a whole number of " : "a number of ") + range(low, high);
    return {name, takes,
            [=](TrainConfig &config, const nlohmann::json &value) -> Result<> {
                const auto parsed = number(value);
                if (!parsed || !(*parsed >= low && *parsed <= high) ||
                    (std::is_integral_v<Number> && *parsed != std::floor(*parsed)))
                    return badValue(name, value, takes);
                field(config) = Number(*parsed);
                return {};
            },
            [=](const TrainConfig &config) { return Plain<Field>::shown(field(config)); }};
}

template <typename Field>
Key numeric(std::string name, Field TrainConfig::*field, double low, double high)
{
    return numericAt(
        std::move(name), low, high, [=](auto &config) -> auto & { return config.*field; });
}

template <typename Part, typename Field>
Key numericOf(std::string name, Part TrainConfig::*part, Field Part::*field, double low, double high)
{
    return numericAt(
        std::move(name), low, high, [=](auto &config) -> auto & { return config.*part.*field; });
}

template <typename Value>
Key choice(std::string name, std::vector<std::pair<std::string, Value>> values,
           std::function<Value &(TrainConfig &)> field)
{
    std::string takes;
    for (const auto &[text, meaning] : values)
        takes += (takes.empty() ? "one of " : ", ") + text;
    return {name, takes,
            [=](TrainConfig &config, const nlohmann::json &value) -> Result<> {
                for (const auto &[text, meaning] : values) {
                    if (value == text) {
                        field(config) = meaning;
                        return {};
                    }
                }
                return badValue(name, value, takes);
            },
            [=](const TrainConfig &config) {
                for (const auto &[text, meaning] : values)
                    if (field(const_cast<TrainConfig &>(config)) == meaning)
                        return nlohmann::json(text);
                return nlohmann::json();
            }};
}

/// Shown with the schedule that reads it alone: the identity of other runs is as it was before the key existed.
Key ofSchedule(Key key, std::function<bool(const Schedule &)> reads)
{
    key.show = [show = key.show, reads](const TrainConfig &config) {
        return reads(config.schedule) ? show(config) : nlohmann::json();
    };
    return key;
}

Key ofPlateau(Key key)
{
    return ofSchedule(std::move(key),
                      [](const Schedule &schedule) { return schedule.kind == Schedule::Kind::Plateau; });
}

/// `minority_augment`: "disgust:10" or "disgust:10,fear:2".
Key minorityKey()
{
    constexpr int most = 1000;
    const std::string name = "minority_augment";
    const std::string takes = "CLASS:COPIES with 1 to " + std::to_string(most) + " copies, several parted by commas";
    return {name, takes,
            [=](TrainConfig &config, const nlohmann::json &value) -> Result<> {
                const auto text = value.is_string() ? value.get<std::string>() : std::string();
                config.minority.copies.clear();
                for (std::size_t begin = 0; begin <= text.size();) {
                    const std::size_t end = std::min(text.find(',', begin), text.size());
                    const std::string part = text.substr(begin, end - begin);
                    const std::size_t colon = part.rfind(':');
                    const auto copies =
                        colon == std::string::npos ? std::nullopt : number(nlohmann::json(part.substr(colon + 1)));
                    if (colon == 0 || !copies || *copies < 1 || *copies > most || *copies != std::floor(*copies))
                        return badValue(name, value, takes);
                    config.minority.copies[part.substr(0, colon)] = int(*copies);
                    begin = end + 1;
                }
                return {};
            },
            [](const TrainConfig &config) {
                std::string text;
                for (const auto &[className, copies] : config.minority.copies)
                    text += (text.empty() ? "" : ",") + className + ":" + std::to_string(copies);
                return text.empty() ? nlohmann::json() : nlohmann::json(text);
            }};
}

Result<> applyRecipe(TrainConfig &config, const nlohmann::json &set);

/// Shown where it is neither as it is by itself nor as the recipe has it: the identity of other runs is as it was
/// before the key existed.
Key unlessStandard(Key key)
{
    key.show = [show = key.show](const TrainConfig &config) {
        auto shown = show(config);
        TrainConfig byRecipe;
        byRecipe.network = config.network;
        byRecipe.recipe = config.recipe;
        const bool known = bool(applyRecipe(byRecipe, config.networkOptions));
        return shown == show(TrainConfig()) && known && shown == show(byRecipe) ? nlohmann::json() : shown;
    };
    return key;
}

const std::vector<Key> &allKeys()
{
    using Kind = Schedule::Kind;
    static const std::vector<Key> keys = {
        numeric("epochs", &TrainConfig::epochs, 1, 100'000),
        numeric("batch", &TrainConfig::batch, 1, 65'536),
        numeric("size", &TrainConfig::size, 0, 1024),
        numericOf("lr", &TrainConfig::schedule, &Schedule::rate, 0, 1000),
        choice<std::string>("optimizer", {{"adamw", "adamw"}, {"adam", "adam"}, {"nadam", "nadam"}, {"sgd", "sgd"}},
                            [](TrainConfig &config) -> std::string & { return config.optimizer; }),
        numeric("momentum", &TrainConfig::momentum, 0, 0.99999),
        unlessStandard(numeric("beta2", &TrainConfig::beta2, 0, 0.999999)),
        unlessStandard(numeric("eps", &TrainConfig::eps, 1e-12, 1)),
        numeric("weight_decay", &TrainConfig::weightDecay, 0, 10),
        choice<Sampler>("sampler",
                        {{"uniform", Sampler::Uniform}, {"balanced", Sampler::Balanced}, {"refined", Sampler::Refined}},
                        [](TrainConfig &config) -> Sampler & { return config.sampler; }),
        unlessStandard(choice<ClassWeights>(
            "class_weights",
            {{"none", ClassWeights::None}, {"balanced", ClassWeights::Balanced}, {"keras", ClassWeights::Keras}},
            [](TrainConfig &config) -> ClassWeights & { return config.classWeights; })),
        unlessStandard(choice<bool>("initial_match", {{"matching", false}, {"strict", true}},
                                    [](TrainConfig &config) -> bool & { return config.initialStrict; })),
        minorityKey(),
        unlessStandard(choice<bool>("minority_ops", {{"upright", false}, {"any", true}},
                                    [](TrainConfig &config) -> bool & { return config.minority.anyWayUp; })),
        unlessStandard(numeric("epoch_share", &TrainConfig::epochShare, 0.001, 1)),
        unlessStandard(numeric("accumulate", &TrainConfig::accumulate, 1, 1000)),
        unlessStandard(numeric("ema", &TrainConfig::ema, 0, 0.99999)),
        unlessStandard(numeric("layer_decay", &TrainConfig::layerDecay, 0.01, 1)),
        unlessStandard(numeric("freeze", &TrainConfig::freeze, 0, 100'000)),
        unlessStandard(choice<bool>("keep", {{"last", false}, {"best", true}},
                                    [](TrainConfig &config) -> bool & { return config.keepBest; })),
        unlessStandard(numeric("early_stop", &TrainConfig::earlyStop, 0, 100'000)),
        unlessStandard(choice<bool>("best_by", {{"loss", false}, {"accuracy", true}},
                                    [](TrainConfig &config) -> bool & { return config.bestByAccuracy; })),
        choice<std::string>("augment", {{"default", "default"}, {"flip", "flip"}, {"none", "none"}},
                            [](TrainConfig &config) -> std::string & { return config.augment; }),
        numericOf("mirror", &TrainConfig::augmentChoice, &AugmentChoice::mirror, 0, 1),
        numericOf("rotation", &TrainConfig::augmentChoice, &AugmentChoice::rotation, 0, 180),
        numericOf("translation", &TrainConfig::augmentChoice, &AugmentChoice::translation, 0, 1),
        numericOf("zoom", &TrainConfig::augmentChoice, &AugmentChoice::zoom, 0, 0.9),
        numericOf("shear", &TrainConfig::augmentChoice, &AugmentChoice::shear, 0, 60),
        numericOf("crop_padding", &TrainConfig::augmentChoice, &AugmentChoice::cropPadding, 0, 512),
        numericOf("window_smallest", &TrainConfig::augmentChoice, &AugmentChoice::windowSmallest, 0.01, 1),
        numericOf("window_largest", &TrainConfig::augmentChoice, &AugmentChoice::windowLargest, 0.01, 1),
        numericOf("window_aspect", &TrainConfig::augmentChoice, &AugmentChoice::windowAspect, 1, 4),
        numericOf("moved", &TrainConfig::augmentChoice, &AugmentChoice::moved, 0, 1),
        numericOf("brightness", &TrainConfig::augmentChoice, &AugmentChoice::brightness, 0, 10),
        numericOf("contrast", &TrainConfig::augmentChoice, &AugmentChoice::contrast, 0, 10),
        numericOf("saturation", &TrainConfig::augmentChoice, &AugmentChoice::saturation, 0, 10),
        numericOf("hue", &TrainConfig::augmentChoice, &AugmentChoice::hue, 0, 0.5),
        numericOf("noise", &TrainConfig::augmentChoice, &AugmentChoice::noise, 0, 1),
        numericOf("noise_variance", &TrainConfig::augmentChoice, &AugmentChoice::noiseVariance, 0, 65'025),
        numeric("validation", &TrainConfig::validation, 0, 0.9),
        choice<Precision>("precision",
                          {{"auto", Precision::Auto}, {"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}},
                          [](TrainConfig &config) -> Precision & { return config.precision; }),
        choice<Kind>("schedule",
                     {{"onecycle", Kind::OneCycle},
                      {"cosine", Kind::Cosine},
                      {"exponential", Kind::Exponential},
                      {"step", Kind::Step},
                      {"plateau", Kind::Plateau},
                      {"constant", Kind::Constant}},
                     [](TrainConfig &config) -> Kind & { return config.schedule.kind; }),
        numericOf("gamma", &TrainConfig::schedule, &Schedule::gamma, 0, 1),
        numericOf("warmup", &TrainConfig::schedule, &Schedule::warmup, 0, 100'000),
        numericOf("step_every", &TrainConfig::schedule, &Schedule::every, 1, 100'000),
        ofPlateau(numericOf("patience", &TrainConfig::schedule, &Schedule::patience, 0, 100'000)),
        ofSchedule(numericOf("min_lr", &TrainConfig::schedule, &Schedule::leastRate, 0, 1000),
                   [](const Schedule &schedule) { // of the cosine where it does not end at 0
                       return schedule.kind == Kind::Plateau ||
                              (schedule.kind == Kind::Cosine && schedule.leastRate > 0);
                   }),
        ofPlateau(choice<bool>("plateau_mode", {{"min", false}, {"max", true}},
                               [](TrainConfig &config) -> bool & { return config.schedule.watchesAccuracy; })),
        numeric("clip", &TrainConfig::clip, 0, 1e6),
        numeric("clip_value", &TrainConfig::clipValue, 0, 1e6),
        numeric("sam", &TrainConfig::sam, 0, 10),
        numeric("label_smoothing", &TrainConfig::labelSmoothing, 0, 0.9),
        unlessStandard(choice<Targets>("targets", {{"label", Targets::Label}, {"votes", Targets::Votes}},
                                       [](TrainConfig &config) -> Targets & { return config.targets; })),
        numeric("lambda", &TrainConfig::lambda, 0, 1000),
        numeric("lambda_from", &TrainConfig::lambdaFrom, 0, 100'000),
        numeric("lambda_ramp", &TrainConfig::lambdaRamp, 0, 100'000),
        choice<SecondView>("pair", {{"independent", SecondView::Independent}, {"shared", SecondView::Shared}},
                           [](TrainConfig &config) -> SecondView & { return config.pair; }),
        choice<bool>("classify", {{"first", false}, {"both", true}},
                     [](TrainConfig &config) -> bool & { return config.classifyBoth; }),
        numericOf("erasing", &TrainConfig::erasing, &Erasing::probability, 0, 1),
        numericOf("erasing_smallest", &TrainConfig::erasing, &Erasing::smallest, 0.001, 0.9),
        numericOf("erasing_largest", &TrainConfig::erasing, &Erasing::largest, 0.001, 0.9),
    };
    return keys;
}

bool isErasingAttentionNetwork(const std::string &network)
{
    return network.starts_with("eac") || network == "thesis";
}

/// Whether the option `pretrain` says that the whole training reconstructs.
bool isPretraining(const nlohmann::json &options)
{
    const auto share = options.find("pretrain");
    if (share == options.end())
        return false;
    return share->is_string() ? std::strtod(share->get<std::string>().c_str(), nullptr) == 1 : *share == 1;
}

/// `pretrain` of 1 is pre-training alone; less is fine-tuning, of weights that another run gives (models.md 5.1, 5.2).
void autoencoderRecipe(TrainConfig &config, const nlohmann::json &set)
{
    const bool pretraining = isPretraining(set);
    if (!pretraining && !set.contains("pretrain"))
        config.networkOptions["pretrain"] = 0.0;
    config.batch = 64;
    config.erasing = {};
    if (config.network == "mae-grid9" || config.network == "qmask") {
        config.augment = "none"; // aligned crops as they are
        config.earlyStop = pretraining ? 3 : 0;
        config.schedule = {Schedule::Kind::Constant, pretraining ? 3e-4 : 1e-5, 0.9, 0, 10, 0};
        config.weightDecay = pretraining ? 1e-5 : 1e-6;
        config.epochs = pretraining ? 25 : 50;
        return;
    }
    config.optimizer = "adamw";
    config.weightDecay = 0.05;
    config.epochs = pretraining ? 800 : 100;
    config.schedule = {
        Schedule::Kind::Cosine, (pretraining ? 1.5e-4 : 5e-4) * config.batch / 256, 0.9, pretraining ? 40.0 : 5.0, 10,
        config.epochs};
    if (pretraining) {
        config.beta2 = 0.95;
        config.augmentChoice = {.windowSmallest = 0.2, .windowAspect = 4.0 / 3};
    } else {
        config.layerDecay = 0.65;
        config.labelSmoothing = 0.1;
        config.networkOptions["drop_path"] = 0.1;
    }
}

/// Pixels that the crop of DAN adds to 224 px, for the input that is asked for.
int danCropPadding(const nlohmann::json &set)
{
    const bool tiny = set.contains("preset") && set["preset"] == "tiny";
    const double asked = set.contains("size") ? number(set["size"]).value_or(0) : 0;
    const double side = asked > 0 ? asked : tiny ? 64 : 224;
    return int(std::lround(32 * side / 224));
}

/// Recipes before any `--set` (models.md 2.5, 3.4, 4.6).
Result<> applyRecipe(TrainConfig &config, const nlohmann::json &set)
{
    const bool eac = isErasingAttentionNetwork(config.network);
    if (config.recipe == "quick") {
        config.epochs = quickEpochs(smallTrainingSet);
        config.batch = 128;
        config.optimizer = "adamw";
        config.weightDecay = 0.05;
        config.schedule = {Schedule::Kind::OneCycle, 4e-3, 0.9, 0, 10, config.epochs};
        // From scratch in a dozen epochs there is little to un-memorise: a weight of 3 from the third epoch on cost
        // 0.07 of FER2013's accuracy against FER+, this one nothing, and the first half of the epochs needs no second
        // view. In the other half the mirrored view costs as much as another epoch, so it is learned from as well.
        config.lambda = eac ? 0.5 : 0;
        config.classifyBoth = eac;
        config.erasing = {0.5, 0.02, 0.15};
        if (config.network != "eac-compact" && config.network != "native-keras" && config.network != "native-torch")
            config.schedule.rate = 1e-3; // deeper networks without a compact stem
        return {};
    }
    if (config.recipe != "paper")
        return fail(ErrorCode::Invalid, "there is no recipe \"" + config.recipe + "\"; possible are quick, paper");

    config.erasing = {0.5, 0.02, 0.25};
    config.optimizer = "adam";
    config.weightDecay = 1e-4;
    config.lambda = 0;
    config.lambdaFrom = 0;
    config.lambdaRamp = 0;
    config.schedule = {Schedule::Kind::Exponential, 1e-4, 0.9, 0, 10, 60};
    config.batch = 32;
    config.epochs = paperEpochs;
    if (config.network.starts_with("eac")) {
        config.lambda = 5;
        config.schedule.rate = config.network == "eac-resnet50" ? 1e-4 : 2e-4;
    } else if (config.network == "dan") {
        config.optimizer = "sgd";
        config.momentum = 0.9;
        config.schedule = {Schedule::Kind::Step, 0.1, 0.1, 0, 10, 40};
        config.batch = 256;
        config.epochs = 40;
        config.augmentChoice = {.rotation = 20, .moved = 0.2, .cropPadding = danCropPadding(set)};
    } else if (config.network == "thesis") {
        config.lambda = 4;
        config.weightDecay = 0;
        config.sampler = Sampler::Balanced;
        config.batch = 64;
        config.epochs = 40;
        config.augmentChoice = {.mirror = 0.5, .rotation = 20, .noise = 0};
    } else if (config.network == "arbex") {
        config.schedule = {Schedule::Kind::Exponential, 3e-4, 0.995, 0, 10, 1000};
        config.epochs = 1000;
        config.weightDecay = 0;
        config.labelSmoothing = 0.11;
        config.sampler = Sampler::Refined;
        config.classWeights = ClassWeights::Balanced;
        config.erasing = {0.5, 0.02, 0.1};
        constexpr double ofPixels = 0.02 * 255, cropOfResized = 224.0 / 256;
        config.augmentChoice = {.rotation = 15,
                                .noise = 0.3,
                                .noiseVariance = ofPixels * ofPixels,
                                .windowSmallest = cropOfResized * cropOfResized,
                                .windowLargest = cropOfResized * cropOfResized,
                                .brightness = 0.2,
                                .contrast = 0.2,
                                .saturation = 0.2,
                                .hue = 0.05};
    } else if (config.network == "posterpp") {
        config.sam = 0.05;
        config.weightDecay = 0;
        config.schedule = {Schedule::Kind::Exponential, 3.5e-5, 0.98, 0, 10, 200};
        config.batch = 144;
        config.epochs = 200;
        config.erasing = {0.5, 0.02, 0.1};
    } else if (config.network.starts_with("mae-") || config.network == "qmask") {
        autoencoderRecipe(config, set);
    } else if (config.network.starts_with("crossvit")) {
        config.optimizer = "adamw";
        config.weightDecay = 0.05;
        config.labelSmoothing = 0.1;
        config.schedule = {Schedule::Kind::Cosine, 5e-5, 0.9, 1, 10, 30};
        config.batch = 64;
        config.epochs = 30;
        config.erasing = {};
        config.augmentChoice = {.rotation = 10};
        config.networkOptions["drop_path"] = 0.1;
    } else if (config.network == "visi") {
        config.optimizer = "adamw";
        config.weightDecay = 0.05;
        config.layerDecay = 0.1; // the encoder learns at 1e-4
        config.freeze = 5;
        config.schedule = {Schedule::Kind::Cosine, 1e-3, 0.9, 0, 10, 50};
        config.batch = 64;
        config.epochs = 50;
        config.erasing = {};
        config.augmentChoice = {.rotation = 15, .translation = 0.06, .zoom = 0.08}; // its "scale, crop"; numbers ours
    } else if (config.network == "native-keras") {
        config.optimizer = "sgd";
        config.weightDecay = 0;
        config.augment = "none";
        config.schedule = {Schedule::Kind::Constant, 2e-3, 0.9, 0, 10, 10};
        config.epochs = 10;
    } else if (config.network == "native-torch") {
        config.optimizer = "sgd";
        config.weightDecay = 1e-3;
        config.clipValue = 0.005;
        config.keepBest = true;
        config.augment = "none";
        config.schedule = {Schedule::Kind::Constant, 1.5e-3, 0.9, 0, 10, 10};
        config.batch = 64;
        config.epochs = 10;
    } else if (config.network == "resnet50v2") {
        config.optimizer = "nadam";
        config.weightDecay = 0; // the network's own loss has a penalty
        config.augment = "none";
        config.schedule = {Schedule::Kind::Plateau, 5e-4, 0.1, 0, 10, 10, 1, 1e-7};
        config.batch = 64;
        config.epochs = 10;
        config.epochShare = 0.5;
    } else if (config.network == "efficientnetv2-b3") {
        const bool head = !set.contains("finetune") || set["finetune"] == "head";
        config.weightDecay = 0;
        config.earlyStop = 3;
        config.bestByAccuracy = true;
        config.epochShare = 0.5;
        config.augment = "none";
        config.schedule = {Schedule::Kind::Constant, head ? 1e-3 : 1e-4, 0.9, 0, 10, 10};
        config.batch = 16;
        config.epochs = 10;
    }
    return {};
}

std::string text(const nlohmann::json &json, const char *key, const std::string &standard)
{
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : standard;
}

} // namespace

double TrainConfig::lambdaAt(std::int64_t step, std::int64_t stepsPerEpoch) const
{
    const double epoch = double(step) / double(std::max<std::int64_t>(stepsPerEpoch, 1)) - lambdaFrom;
    if (epoch < 0)
        return 0;
    return lambdaRamp <= 0 ? lambda : lambda * std::min(1.0, epoch / lambdaRamp);
}

AugmentRecipe TrainConfig::augmentRecipe() const
{
    if (augment == "none")
        return {};
    AugmentRecipe result;
    result.flip = lambda > 0 && recipe == "paper" ? 0 : 0.5; // the published pair has no flip of its own
    result.flip = augmentChoice.mirror.value_or(result.flip);
    if (augment == "flip")
        return result;
    result.erasing = erasing;
    if (recipe == "paper") { // what a document does not name is not done
        result.noise = lambda > 0 ? 0.5 : 0;
    } else {
        result.rotationDeg = 10;
        result.translation = 0.06;
        result.scale = 0.08;
    }
    const AugmentChoice &chosen = augmentChoice;
    result.noise = chosen.noise.value_or(result.noise);
    result.rotationDeg = chosen.rotation.value_or(result.rotationDeg);
    result.translation = chosen.translation.value_or(result.translation);
    result.scale = chosen.zoom.value_or(result.scale);
    result.shearDeg = chosen.shear.value_or(0);
    result.cropPadding = chosen.cropPadding.value_or(0);
    result.window = {chosen.windowSmallest.value_or(1), chosen.windowLargest.value_or(1),
                     chosen.windowAspect.value_or(1)};
    result.moved = chosen.moved.value_or(1);
    result.noiseVariance = chosen.noiseVariance.value_or(result.noiseVariance);
    result.colours = {chosen.brightness.value_or(0), chosen.contrast.value_or(0), chosen.saturation.value_or(0),
                      chosen.hue.value_or(0)};
    return result;
}

AugmentRecipe TrainConfig::copyRecipe() const
{
    AugmentRecipe result = augmentRecipe();
    result.moved = 1;
    result.rotationDeg = std::max(result.rotationDeg, 15.0);
    result.translation = std::max(result.translation, 0.12);
    result.flip = std::max(result.flip, 0.5);
    result.quarterTurns = minority.anyWayUp;
    return result;
}

nlohmann::json TrainConfig::toJson() const
{
    nlohmann::json set = nlohmann::json::object();
    for (const Key &key : allKeys())
        if (auto value = key.show(*this); !value.is_null()) // what is not set leaves no trace in the run's identity
            set[key.name] = std::move(value);
    for (const auto &[name, value] : networkOptions.items())
        set[name] = value;
    nlohmann::json json = {{"pack", pack.string()},
                           {"out", out.string()},
                           {"run", run},
                           {"network", network},
                           {"recipe", recipe},
                           {"select", select},
                           {"seed", seed},
                           {"folds", folds},
                           {"device", device},
                           {"set", set},
                           {"assignment", assignment.string()},
                           {"mode_of", modeOf.string()},
                           {"initial", initial.string()}};
    if (allowedLeaks > 0)
        json["allowed_leaks"] = allowedLeaks;
    return json;
}

std::string TrainConfig::identity() const
{
    auto json = toJson();
    for (const char *indifferent : {"pack", "out", "run", "device", "mode_of", "allowed_leaks"})
        json.erase(indifferent);
    return json.dump();
}

Result<TrainConfig> TrainConfig::fromJson(const nlohmann::json &json)
{
    if (!json.is_object())
        return fail(ErrorCode::Invalid, "the configuration of train is not a JSON object");
    static const std::vector<std::string> known = {"pack",       "out",     "run",     "network",       "recipe",
                                                   "select",     "seed",    "folds",   "device",        "set",
                                                   "assignment", "mode_of", "initial", "allowed_leaks", "threads"};
    for (const auto &[key, value] : json.items())
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string possible;
            for (const auto &name : known)
                possible += (possible.empty() ? "" : ", ") + name;
            return fail(ErrorCode::Invalid,
                        "the configuration of train has an unknown key \"" + key + "\"; possible are " + possible);
        }
    TrainConfig config;
    config.pack = text(json, "pack", "");
    config.out = text(json, "out", "");
    config.run = text(json, "run", config.out.filename().string());
    config.network = text(json, "network", config.network);
    config.recipe = text(json, "recipe", config.recipe);
    config.select = text(json, "select", config.select);
    config.device = text(json, "device", config.device);
    config.assignment = text(json, "assignment", "");
    config.modeOf = text(json, "mode_of", "");
    config.initial = text(json, "initial", "");
    if (config.pack.empty() || config.out.empty())
        return fail(ErrorCode::Invalid, "the configuration of train names no \"pack\" or no \"out\" folder");
    if (config.select != "auto" && config.select != "train" && config.select != "all")
        return fail(ErrorCode::Invalid, "select is \"" + config.select + "\"; possible are auto, train, all");
    const auto seed = json.value("seed", nlohmann::json(0));
    const auto folds = json.value("folds", nlohmann::json(1));
    if (!seed.is_number_integer() || seed < 0)
        return fail(ErrorCode::Invalid, "seed is " + seed.dump() + "; it must be a whole number of 0 or more");
    if (!folds.is_number_integer() || folds < 1 || folds > 100)
        return fail(ErrorCode::Invalid, "folds is " + folds.dump() + "; it must be a whole number of 1 to 100");
    const auto leaks = json.value("allowed_leaks", nlohmann::json(0));
    if (!leaks.is_number_integer() || leaks < 0 || leaks > std::numeric_limits<int>::max())
        return fail(ErrorCode::Invalid,
                    "allowed_leaks is " + leaks.dump() + "; it must be a whole number of 0 or more");
    config.seed = seed.get<std::uint64_t>();
    config.folds = folds.get<int>();
    config.allowedLeaks = leaks.get<int>();

    const auto set = json.value("set", nlohmann::json::object());
    if (!set.is_object())
        return fail(ErrorCode::Invalid, "\"set\" is not an object of keys and values");
    if (const auto applied = applyRecipe(config, set); !applied)
        return fail(applied.error());
    for (const auto &[name, value] : set.items()) {
        config.chosenKeys.push_back(name);
        const auto key = std::find_if(allKeys().begin(), allKeys().end(), [&](const Key &k) { return k.name == name; });
        if (key == allKeys().end()) {
            config.networkOptions[name] = value; // the network knows its own options
        } else if (const auto read = key->read(config, value); !read) {
            return fail(read.error());
        }
    }
    if (config.optimizer != "adamw" && config.recipe == "quick" && !set.contains("weight_decay"))
        config.weightDecay = 1e-4; // as a gradient, what adamw bears as decoupled decay would swamp the loss
    config.schedule.epochs = config.epochs;
    if (config.schedule.kind == Schedule::Kind::Plateau) {
        if (!set.contains("gamma"))
            config.schedule.gamma = 0.1; // the other recipes' factors are meant for every epoch
        if (config.schedule.watchesAccuracy && !config.learnsLabels())
            return fail(ErrorCode::Invalid, "--set plateau_mode=max watches the accuracy, and pre-training learns no "
                                            "labels: leave plateau_mode out");
        if (config.schedule.watchesAccuracy && config.validationShare() <= 0)
            return fail(ErrorCode::Invalid, "--set plateau_mode=max watches the accuracy of a validation slice, and "
                                            "there is none: add --set validation=0.1, or watch the loss with "
                                            "plateau_mode=min");
    }
    if (config.augmentChoice.windowSmallest.value_or(1) > config.augmentChoice.windowLargest.value_or(1))
        return fail(ErrorCode::Invalid, "--set window_smallest is more than window_largest: it is the least share of "
                                        "the picture that a view may show");
    if (config.erasing.smallest > config.erasing.largest)
        return fail(ErrorCode::Invalid, "--set erasing_smallest is more than erasing_largest: they are the least and "
                                        "the greatest share of the picture that erasing may take");
    if (!config.minority.copies.empty() && config.sampler != Sampler::Uniform)
        return fail(ErrorCode::Invalid, "--set minority_augment gives rare classes more faces, which the samplers "
                                        "balanced and refined do by themselves: leave it out, or add --set "
                                        "sampler=uniform");
    if (!config.minority.copies.empty() && !config.learnsLabels())
        return fail(ErrorCode::Invalid, "--set minority_augment goes by labels, and pre-training learns none");
    if (config.bestByAccuracy && config.watchesValidation() && !config.learnsLabels())
        return fail(ErrorCode::Invalid, "--set best_by=accuracy needs labels, and pre-training learns none: leave "
                                        "best_by out");
    if (config.watchesValidation() && config.validationShare() <= 0)
        return fail(ErrorCode::Invalid, "--set keep=best and --set early_stop watch a validation slice, and there is "
                                        "none: add --set validation=0.1");
    if (config.accumulate > 1 && config.sam > 0)
        return fail(ErrorCode::Invalid, "--set sam takes two passes over one batch and cannot be joined with --set "
                                        "accumulate; use a larger batch");
    config.fitConsistencyToEpochs();
    return config;
}

void TrainConfig::fitConsistencyToEpochs()
{
    if (recipe != "quick")
        return;
    if (!isChosen("lambda_from"))
        lambdaFrom = 0.5 * epochs;
    if (!isChosen("lambda_ramp"))
        lambdaRamp = 0.25 * epochs;
}

bool TrainConfig::learnsLabels() const
{
    return !isPretraining(networkOptions);
}

bool TrainConfig::isChosen(const std::string &key) const
{
    return std::find(chosenKeys.begin(), chosenKeys.end(), key) != chosenKeys.end();
}

void TrainConfig::fitToSize(std::int64_t samples)
{
    if (recipe != "quick" || samples < 1 || samples >= smallTrainingSet)
        return;
    if (!isChosen("batch"))
        batch = 32;
    if (!isChosen("epochs"))
        epochs = quickEpochs(samples);
    schedule.epochs = epochs;
    if (network == "eac-compact" && !isChosen("blocks") && !isChosen("preset"))
        networkOptions["blocks"] = 1;
    if (!isChosen("lambda"))
        lambda *= 0.6; // on 640 faces 3 cost 0.10 of accuracy, 0.3 cost 0.02
    fitConsistencyToEpochs();
}

nlohmann::json TrainConfig::allSettings() const
{
    TrainConfig said = *this; // what is left to the recipe has a value all the same
    const AugmentRecipe drawn = augmentRecipe();
    AugmentChoice &choice = said.augmentChoice;
    choice = {.mirror = drawn.flip,
              .rotation = drawn.rotationDeg,
              .translation = drawn.translation,
              .zoom = drawn.scale,
              .shear = drawn.shearDeg,
              .noise = drawn.noise,
              .noiseVariance = drawn.noiseVariance,
              .moved = drawn.moved,
              .cropPadding = drawn.cropPadding,
              .windowSmallest = drawn.window.smallest,
              .windowLargest = drawn.window.largest,
              .windowAspect = drawn.window.aspect,
              .brightness = drawn.colours.brightness,
              .contrast = drawn.colours.contrast,
              .saturation = drawn.colours.saturation,
              .hue = drawn.colours.hue};
    said.validation = validationShare();
    nlohmann::json settings = networkOptions;
    for (const Key &key : allKeys())
        if (auto value = key.value(said); !value.is_null())
            settings[key.name] = std::move(value);
    return settings;
}

std::vector<std::string> TrainConfig::keys()
{
    std::vector<std::string> names;
    for (const Key &key : allKeys())
        names.push_back(key.name);
    return names;
}

std::vector<TrainKey> TrainConfig::describedKeys()
{
    std::vector<TrainKey> described;
    for (const Key &key : allKeys())
        described.push_back({key.name, key.takes, std::string(trainKeyHelp(key.name))});
    return described;
}

} // namespace mien
