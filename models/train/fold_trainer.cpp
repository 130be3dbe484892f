#include "models/train/fold_trainer.h"

#include "models/base/fingerprint.h"
#include "models/io/published_weights.h"
#include "models/io/torch_tensors.h"
#include "models/losses/cross_entropy.h"
#include "models/networks/frozen_parts.h"
#include "models/score/metrics.h"
#include "models/train/batch_loader.h"
#include "models/train/face_scorer.h"
#include "models/train/optimiser.h"
#include "models/train/plateau.h"
#include "models/train/torch_errors.h"
#include "models/train/training_step.h"
#include "models/train/weight_copy.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace mien {

namespace {

constexpr std::uint64_t kWeights = 0x77656967; // operator indices of the draws here
constexpr std::uint64_t kLayers = 0x6c617965;
constexpr std::uint64_t kStart = 0x7374617274;
constexpr std::uint64_t kMasks = 0x6d61736b73;
constexpr const char *kLossState = "loss."; // names in the training state: of Network::lossState()
constexpr const char *kAverage = "average.";
constexpr const char *kBest = "best.";
constexpr std::size_t kMostWatched = 1500; // rows looked at after each epoch: a glance, not the evaluation
constexpr int kEvaluationBatch = 256;
constexpr int kProbeBatch = 32;

/// Seed of torch's own generator: initial weights, dropout and drop path.
std::uint64_t torchSeed(const TrainConfig &config, int fold, int epoch, std::uint64_t purpose)
{
    return CounterRandom(config.seed, std::uint64_t(epoch), std::uint64_t(fold), purpose).next() >> 1;
}

/// Weights of the classes by the labels of a training part; undefined: none.
torch::Tensor classWeightsOf(const FoldPlan &plan, const FoldContext &context)
{
    if (context.config.classWeights == ClassWeights::None)
        return {};
    const int classes = int(context.pack.classes().size());
    std::vector<std::int64_t> labels;
    for (const std::int64_t row : plan.training)
        labels.push_back(context.labels[std::size_t(row)]);
    const auto weights = inverseFrequencyWeights(torch::tensor(labels), classes);
    return context.config.classWeights == ClassWeights::Keras ? weights * classes : weights;
}

EpochSource sourceOf(const FoldPlan &plan, const FoldContext &context)
{
    EpochSource source = epochSource(context.config, context.pack, context.labels);
    source.rows = plan.training;
    return source;
}

class Training
{
public:
    Training(const FoldPlan &plan, const FoldContext &context)
        : m_plan(plan)
        , m_context(context)
        , m_config(context.config)
        , m_source(sourceOf(plan, context))
        , m_steps(stepsPerEpoch(plan, m_source, context.config))
    {
    }

    Result<FoldOutcome> run();

private:
    std::filesystem::path statePath() const { return m_plan.folder / "training_state.safetensors"; }
    std::filesystem::path checkpointPath() const { return m_plan.folder / "checkpoint.safetensors"; }

    Result<> prepare();
    Result<int> restore();
    Result<> trainEpoch(int epoch);
    Result<> trainOrExplain(int epoch);
    Error diverged(int epoch, const std::string &what, double rate) const;
    std::string keptAfter(int epochs) const;
    void watch(int epoch);
    /// Both return how good the network is, more being better.
    double watchAgreement(std::span<const std::int64_t> rows, int epoch);
    double watchReconstruction(std::span<const std::int64_t> rows, int epoch);
    bool watchSteers() const { return (m_plateau || m_best) && m_plan.watchedMaySteer; }
    double rateAt(std::int64_t step) const
    {
        return m_plateau ? m_plateau->rate() : m_config.schedule.at(step, m_steps);
    }
    Result<> save(int epochsDone);
    SecondView secondViewOf(int epoch) const;
    torch::Tensor labelsOf(std::span<const std::int64_t> rows) const;
    torch::Tensor targetsOf(std::span<const std::int64_t> rows) const;
    void startFromData();
    std::vector<double> rateFactors() const;
    std::vector<torch::Tensor> frozenInTheBeginning() const;
    void freezeFor(int epoch);
    bool stopsEarly(int epochsDone) const
    {
        return m_config.earlyStop > 0 && m_best && watchSteers() &&
               epochsDone - m_best->epochsDone >= m_config.earlyStop;
    }

    /// The network of the epoch that was best on the validation slice.
    struct Best
    {
        explicit Best(const Network &network)
            : weights(network)
        {
        }
        WeightCopy weights;
        double goodness = -std::numeric_limits<double>::infinity(); ///< Accuracy, or the loss below 0.
        int epochsDone = 0;                                         ///< When it was seen.
    };

    const FoldPlan &m_plan;
    const FoldContext &m_context;
    const TrainConfig &m_config;
    const EpochSource m_source;
    const std::int64_t m_steps;
    CheckpointInfo m_info;
    std::shared_ptr<Network> m_network;
    std::optional<Optimiser> m_optimiser;
    std::optional<PlateauRule> m_plateau;
    std::vector<torch::Tensor> m_frozen; ///< Parameters that wait for the end of `freeze`.
    torch::Tensor m_classWeights;
    std::optional<WeightCopy> m_average; ///< Moving average of the weights: what is watched and kept.
    std::optional<Best> m_best;
    FoldOutcome m_outcome;
};

Result<> Training::prepare()
{
    std::error_code failure;
    std::filesystem::create_directories(m_plan.folder, failure);
    if (failure)
        return fail(ErrorCode::Unreadable, m_plan.folder.string() + " cannot be made (" + failure.message() + ")");
    const auto network = networkFor(m_config, m_context.pack);
    if (!network)
        return fail(network.error());
    torch::manual_seed(torchSeed(m_config, m_plan.fold, 0, kWeights));
    auto made = makeNetwork(*network);
    if (!made)
        return fail(made.error());
    m_network = std::move(*made);

    // The compact network has no published weights to be faithful to: it sees its own data at mean 0, deviation 1.
    const auto &config = m_network->config();
    if (m_config.network == "eac-compact") {
        m_info.preprocessing = measuredPreprocessing(m_context.pack, m_plan.training, config.channels, config.side);
    } else {
        auto preset = presetPreprocessing(m_network->normalisation(), config.channels, config.side);
        if (!preset)
            return fail(preset.error());
        m_info.preprocessing = *preset;
    }
    m_info.network = config;
    m_info.classes = m_context.pack.classes();
    m_info.run = m_config.run;
    m_info.seed = m_config.seed;
    m_info.fold = m_plan.fold;
    m_info.folds = m_config.folds;
    m_info.identity = Fingerprint().add(m_context.identity).add(std::to_string(m_plan.fold)).hex();
    m_info.settings = {{"config", m_config.toJson()},
                       {"mode", m_context.mode.toJson()},
                       {"source", {{"channels", m_context.pack.channels()}, {"side", m_context.pack.side()}}}};
    if (!m_config.initial.empty()) {
        const auto file = SafetensorsFile::open(m_config.initial);
        if (!file)
            return fail(file.error());
        const auto loaded = loadPublishedWeights(
            *m_network, *file, m_config.initialStrict ? WeightMatch::Strict : WeightMatch::MatchingOnly);
        if (!loaded)
            return fail(loaded.error());
        for (const std::string &sentence : loaded->sentences())
            m_context.log.line("start from " + m_config.initial.filename().string() + ": " + sentence);
        m_outcome.initial = loaded->toJson();
    }
    place(*m_network, m_context.mode);
    m_optimiser.emplace(m_network->trainedParameters(),
                        OptimiserOptions{.name = m_config.optimizer,
                                         .momentum = m_config.momentum,
                                         .weightDecay = m_config.weightDecay,
                                         .clip = m_config.clip,
                                         .clipValue = m_config.clipValue,
                                         .beta2 = m_config.beta2,
                                         .eps = m_config.eps},
                        rateFactors());
    m_frozen = frozenInTheBeginning();
    m_classWeights = classWeightsOf(m_plan, m_context);
    if (m_classWeights.defined())
        m_classWeights = m_classWeights.to(m_context.mode.device);
    if (m_config.ema > 0)
        m_average.emplace(*m_network);
    if (m_config.watchesValidation())
        m_best.emplace(*m_network);
    if (m_config.schedule.kind == Schedule::Kind::Plateau)
        m_plateau.emplace(m_config.schedule);
    return {};
}

/// @return epochs that are already trained
Result<int> Training::restore()
{
    const auto foreign = [&](const std::filesystem::path &path) {
        return fail(ErrorCode::Conflict,
                    path.string() +
                        " was trained with other settings or other data; choose another run folder or remove it");
    };
    const auto whole = [](const std::filesystem::path &path) { return std::filesystem::exists(path); };
    if (whole(checkpointPath())) {
        const auto file = SafetensorsFile::open(checkpointPath());
        const auto info = file ? CheckpointInfo::read(*file) : Result<CheckpointInfo>(fail(file.error()));
        if (!info)
            return fail(info.error());
        if (info->identity != m_info.identity)
            return foreign(checkpointPath());
        if (info->finished) {
            m_info.epoch = info->epoch;
            return m_config.epochs;
        }
    }
    if (!whole(statePath()))
        return 0;
    const auto file = SafetensorsFile::open(statePath());
    if (!file)
        return fail(file.error());
    const auto info = CheckpointInfo::read(*file);
    if (!info)
        return fail(info.error());
    if (info->identity != m_info.identity)
        return foreign(statePath());
    if (const auto loaded = loadWeights(*m_network, *file, WeightMatch::Strict, "weights."); !loaded)
        return fail(loaded.error());
    if (const auto &state = m_network->lossState())
        if (const auto loaded = loadWeights(*state, *file, WeightMatch::Strict, kLossState); !loaded)
            return fail(loaded.error());
    if (const auto restored = m_optimiser->restore(*file); !restored)
        return fail(restored.error());
    if (m_plateau)
        if (const auto restored = m_plateau->restore(*file); !restored)
            return fail(restored.error());
    if (m_average)
        if (const auto restored = m_average->restore(*file, kAverage); !restored)
            return fail(restored.error());
    if (m_best) {
        if (const auto restored = m_best->weights.restore(*file, kBest); !restored)
            return fail(restored.error());
        const auto seen = file->values<double>("goodness");
        if (!seen || seen->size() != 2)
            return fail(ErrorCode::Invalid, statePath().string() + " does not say which epoch was the best");
        m_best->goodness = (*seen)[0];
        m_best->epochsDone = int((*seen)[1]);
    }
    m_info.epoch = info->epoch;
    return info->epoch;
}

torch::Tensor Training::labelsOf(std::span<const std::int64_t> rows) const
{
    std::vector<std::int64_t> labels;
    for (const std::int64_t row : rows)
        labels.push_back(m_context.labels[std::size_t(row)]);
    return torch::tensor(labels, torch::kInt64);
}

/// Undefined: labels are learned.
torch::Tensor Training::targetsOf(std::span<const std::int64_t> rows) const
{
    if (m_context.targets.empty())
        return {};
    const std::size_t classes = m_info.classes.size();
    auto targets = torch::empty({std::int64_t(rows.size()), std::int64_t(classes)});
    float *to = targets.data_ptr<float>();
    for (const std::int64_t row : rows)
        to = std::copy_n(m_context.targets.begin() + std::ptrdiff_t(std::size_t(row) * classes), classes, to);
    return targets.to(m_context.mode.device);
}

/// Shows a network that starts from data as many faces of each class as it asks for, as they are.
void Training::startFromData()
{
    const int wanted = m_network->startSamples();
    if (wanted < 1)
        return;
    CounterRandom random(m_config.seed, 0, std::uint64_t(m_plan.fold), kStart);
    auto shuffled = m_plan.training;
    for (std::size_t i = shuffled.size(); i > 1; --i)
        std::swap(shuffled[i - 1], shuffled[random.below(i)]);
    std::map<std::int64_t, int> seen;
    std::vector<std::int64_t> rows; // in random order: normalisations see every class in every block
    for (const std::int64_t row : shuffled)
        if (seen[m_context.labels[std::size_t(row)]]++ < wanted)
            rows.push_back(row);
    const InputTransform transform(m_info.preprocessing, m_context.pack.channels(), m_context.pack.side());
    const auto inputs = FaceScorer(m_network, transform, m_context.mode.device).inputs(m_context.pack, rows);
    m_network->train();
    const std::uint64_t seed = torchSeed(m_config, m_plan.fold, 0, kStart);
    torch::manual_seed(seed);
    m_network->startFrom(placed(inputs, m_context.mode), labelsOf(rows).to(m_context.mode.device), seed);
    if (m_average)
        m_average->take(*m_network);
}

SecondView Training::secondViewOf(int epoch) const
{
    // Without any weight on the consistency the mirrored view would be paid for nothing.
    return m_config.lambdaAt((epoch + 1) * m_steps - 1, m_steps) > 0 ? m_config.pair : SecondView::None;
}

std::vector<double> Training::rateFactors() const
{
    std::vector<double> factors;
    for (const auto &item : m_network->named_parameters())
        if (item.value().requires_grad())
            factors.push_back(std::pow(m_config.layerDecay, m_network->layers() - 1 - m_network->layerOf(item.key())));
    factors.resize(m_network->trainedParameters().size(), 1); // what belongs to the loss
    return factors;
}

std::vector<torch::Tensor> Training::frozenInTheBeginning() const
{
    std::vector<torch::Tensor> frozen;
    if (m_config.freeze > 0)
        for (const auto &item : m_network->named_parameters())
            if (item.value().requires_grad() && m_network->layerOf(item.key()) < m_network->layers() - 1)
                frozen.push_back(item.value());
    return frozen;
}

/// Trains the network of an epoch: all of it, or the head alone, whose trunk then keeps its statistics, too.
void Training::freezeFor(int epoch)
{
    const bool frozen = epoch < m_config.freeze;
    for (torch::Tensor &parameter : m_frozen)
        parameter.set_requires_grad(!frozen);
    m_network->train();
    if (frozen)
        evaluateFrozenParts(*m_network);
}

/// The first parameter or buffer with a value that is none; empty: all are finite.
std::string notFinite(const Network &network)
{
    const torch::NoGradGuard noGradients;
    for (const auto &named : {network.named_parameters(), network.named_buffers()})
        for (const auto &entry : named)
            if (entry.value().is_floating_point() && !torch::isfinite(entry.value()).all().item<bool>())
                return entry.key();
    return {};
}

Result<> Training::trainEpoch(int epoch)
{
    torch::manual_seed(torchSeed(m_config, m_plan.fold, epoch, kLayers));
    freezeFor(epoch);
    ViewMaker views(InputTransform(m_info.preprocessing, m_context.pack.channels(), m_context.pack.side()),
                    m_config.augmentRecipe(), secondViewOf(epoch), m_config.seed);
    if (!m_config.minority.copies.empty())
        views.varyCopies(m_config.copyRecipe());
    const auto order = epochOrder(m_config.sampler, m_source, m_config.batch, m_config.seed, epoch, m_plan.fold);
    const auto window = std::int64_t(m_config.batch) * m_config.accumulate; // samples that make one update
    BatchLoader loader(m_context.pack, views, order, m_context.labels, m_config.batch, epoch,
                       m_context.mode.device.is_cuda() ? std::max(2, m_context.mode.threads) : 1,
                       m_network->usesLandmarks());
    const auto begin = std::chrono::steady_clock::now();
    double lossSum = 0;
    std::int64_t step = epoch * m_steps;
    std::int64_t images = 0;
    while (const Batch *batch = loader.next()) {
        if (m_context.job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Training was stopped.");
        const auto &shape = m_info.preprocessing;
        const auto count = std::int64_t(batch->inputs.size() / views.transform().inputSize());
        NetworkInput faces(torch::from_blob(const_cast<float *>(batch->inputs.data()),
                                            {count, shape.channels, shape.side, shape.side}));
        if (!batch->landmarks.empty())
            faces.landmarks = torch::from_blob(const_cast<float *>(batch->landmarks.data()), {count, 5, 2});
        const NetworkInput inputs = placed(faces, m_context.mode);
        const auto labels =
            torch::from_blob(const_cast<std::int64_t *>(batch->labels.data()), {batch->size}, torch::kInt64)
                .to(m_context.mode.device);
        const double rate = rateAt(step);
        const auto gathered = std::min(window, std::int64_t(order.size()) - images / window * window);
        const bool updates = (images + batch->size) % window == 0 || images + batch->size == std::int64_t(order.size());
        const double value = trainStep(
            *m_network, *m_optimiser, inputs, labels,
            {.rate = rate,
             .share = double(batch->size) / double(gathered),
             .updates = updates,
             .sam = m_config.sam,
             .loss = {.lambda = m_config.lambdaAt(step, m_steps),
                      .classifyBoth = m_config.classifyBoth,
                      .labelSmoothing = m_config.labelSmoothing,
                      .progress = double(step) / double(m_config.epochs * m_steps),
                      .classWeights = m_classWeights,
                      .weighting = m_config.classWeights == ClassWeights::Keras ? WeightedMean::ByCount
                                                                                : WeightedMean::BySumOfWeights,
                      .targets = targetsOf(batch->rows)}},
            m_context.mode);
        if (!std::isfinite(value))
            return fail(diverged(epoch, "the loss of step " + std::to_string(step), rate));
        if (updates && m_average)
            m_average->follow(*m_network, m_config.ema);
        lossSum += value * batch->size;
        images += batch->size;
        ++step;
        m_context.progress.advance(1, batch->size);
    }
    // The loss of the last step was measured before its update, and buffers may overflow where no loss tells.
    if (const std::string broken = notFinite(*m_network); !broken.empty())
        return fail(diverged(epoch, broken, rateAt(step - 1)));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    m_outcome.imagesTrained += images;
    m_outcome.seconds += seconds;
    const double loss = lossSum / double(std::max<std::int64_t>(images, 1));
    m_context.log.metric(m_plan.fold, epoch, "train", "loss", loss);
    m_context.log.metric(m_plan.fold, epoch, "train", "images_per_s", double(images) / std::max(seconds, 1e-9));
    m_context.log.metric(m_plan.fold, epoch, "train", "lr", rateAt(step - 1));
    if (m_plateau && !watchSteers())
        m_plateau->sawEpoch(loss);
    return {};
}

/// @param what  that is no number any more
Error Training::diverged(int epoch, const std::string &what, double rate) const
{
    return {ErrorCode::Invalid, "training of fold " + std::to_string(m_plan.fold) + " diverged: " + what +
                                    " is not finite at learning rate " + nlohmann::json(rate).dump() + "; " +
                                    keptAfter(epoch) +
                                    "; try a smaller --set lr, --set clip=1 or --set precision=fp32"};
}

std::string Training::keptAfter(int epochs) const
{
    return epochs > 0 ? checkpointPath().string() + " holds epoch " + std::to_string(epochs) : "no epoch was complete";
}

/// LibTorch throws where memory ends or a device is lost: said with what is kept, and in the log of the run.
Result<> Training::trainOrExplain(int epoch)
{
    try {
        return trainEpoch(epoch);
    } catch (const std::exception &exception) {
        Error error = errorOf(exception, "training of fold " + std::to_string(m_plan.fold));
        error.message += "; " + keptAfter(epoch);
        return fail(std::move(error));
    }
}

/// How the network agrees with labels.
double Training::watchAgreement(std::span<const std::int64_t> rows, int epoch)
{
    const InputTransform transform(m_info.preprocessing, m_context.pack.channels(), m_context.pack.side());
    FaceScorer scorer(m_network, transform, m_context.mode.device);
    std::vector<float> probabilities;
    std::vector<std::int64_t> labels;
    for (std::size_t first = 0; first < rows.size() && !m_context.job.stop.stop_requested();
         first += kEvaluationBatch) {
        const auto part = rows.subspan(first, std::min<std::size_t>(kEvaluationBatch, rows.size() - first));
        const auto values =
            scorer.evaluate(placed(scorer.inputs(m_context.pack, part), m_context.mode)).probabilities.contiguous();
        probabilities.insert(probabilities.end(), values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
        for (const std::int64_t row : part)
            labels.push_back(m_context.labels[std::size_t(row)]);
    }
    const auto agreement = agreementOf(probabilities, labels, int(m_info.classes.size()));
    m_context.log.metric(m_plan.fold, epoch, "val", "accuracy", agreement.accuracy);
    m_context.log.metric(m_plan.fold, epoch, "val", "macro_f1", agreement.macroF1);
    m_context.log.metric(m_plan.fold, epoch, "val", "nll", agreement.negativeLogLikelihood);
    if (watchSteers() && m_plateau)
        m_plateau->sawEpoch(m_config.schedule.watchesAccuracy ? agreement.accuracy : agreement.negativeLogLikelihood);
    return m_config.bestByAccuracy ? agreement.accuracy : -agreement.negativeLogLikelihood;
}

/// How a network that learns no labels draws what is hidden from it; the same parts are hidden after every epoch.
double Training::watchReconstruction(std::span<const std::int64_t> rows, int epoch)
{
    const torch::NoGradGuard noGradients;
    torch::manual_seed(torchSeed(m_config, m_plan.fold, 0, kMasks));
    const InputTransform transform(m_info.preprocessing, m_context.pack.channels(), m_context.pack.side());
    const FaceScorer scorer(m_network, transform, m_context.mode.device);
    double sum = 0;
    for (std::size_t first = 0; first < rows.size() && !m_context.job.stop.stop_requested();
         first += kEvaluationBatch) {
        const auto part = rows.subspan(first, std::min<std::size_t>(kEvaluationBatch, rows.size() - first));
        const auto loss = batchLoss(*m_network, placed(scorer.inputs(m_context.pack, part), m_context.mode),
                                    labelsOf(part).to(m_context.mode.device), {.progress = 0}, m_context.mode);
        sum += loss.item<double>() * double(part.size());
    }
    const double loss = sum / double(rows.size());
    m_context.log.metric(m_plan.fold, epoch, "val", "loss", loss);
    if (watchSteers() && m_plateau)
        m_plateau->sawEpoch(loss);
    return -loss;
}

/// Reports how the network does on rows it is not trained on. Only the plateau schedule, `keep=best` and `early_stop`
/// listen, and only to a slice of the fold's own training part, all of it; else the last epoch counts.
void Training::watch(int epoch)
{
    if (m_plan.watched.empty())
        return;
    const std::size_t count = watchSteers() ? m_plan.watched.size() : std::min(m_plan.watched.size(), kMostWatched);
    const std::span<const std::int64_t> rows(m_plan.watched.data(), count);
    if (m_average)
        m_average->swap(*m_network);
    m_network->eval();
    const double goodness = m_config.learnsLabels() ? watchAgreement(rows, epoch) : watchReconstruction(rows, epoch);
    if (watchSteers() && m_best && goodness > m_best->goodness) {
        m_best->goodness = goodness;
        m_best->epochsDone = epoch + 1;
        m_best->weights.take(*m_network);
    }
    if (m_average)
        m_average->swap(*m_network);
}

Result<> Training::save(int epochsDone)
{
    m_info.epoch = epochsDone;
    m_info.finished = epochsDone == m_config.epochs || stopsEarly(epochsDone);
    const auto named = [&](const Result<> &written) -> Result<> {
        if (written)
            return {};
        const bool isFull = written.error().code == ErrorCode::NoSpace;
        return fail(written.error().code, written.error().message +
                                              (isFull ? " Free some space and train once more." : "") +
                                              (epochsDone > 1 ? " Epoch " + std::to_string(epochsDone - 1) +
                                                                    " is the last one kept: training goes on from it."
                                                              : " No epoch was kept yet: training begins anew."));
    };
    if (!m_info.finished) {
        SafetensorsWriter writer;
        addModule(writer, *m_network, "weights.");
        if (const auto &state = m_network->lossState())
            addModule(writer, *state, kLossState);
        m_optimiser->store(writer);
        if (m_plateau)
            m_plateau->store(writer);
        if (m_average)
            m_average->store(writer, kAverage);
        if (m_best) {
            m_best->weights.store(writer, kBest);
            writer.add<double>("goodness", {2}, std::vector<double>{m_best->goodness, double(m_best->epochsDone)});
        }
        m_info.store(writer);
        if (const auto written = named(writer.write(statePath())); !written)
            return written;
    }
    // What is kept is what was watched: the average where there is one, in the end the best epoch's where that counts.
    std::optional<WeightCopy> trained;
    if (m_average || (m_info.finished && m_config.keepBest && m_best->epochsDone > 0)) {
        trained.emplace(*m_network);
        if (m_info.finished && m_config.keepBest && m_best->epochsDone > 0)
            m_best->weights.give(*m_network);
        else
            m_average->give(*m_network);
    }
    const auto written = named(writeCheckpoint(checkpointPath(), *m_network, m_info));
    if (trained)
        trained->give(*m_network);
    if (!written)
        return written;
    if (m_info.finished) {
        std::error_code ignored; // a state left over is harmless: the finished checkpoint is looked at first
        std::filesystem::remove(statePath(), ignored);
    }
    return {};
}

Result<FoldOutcome> Training::run()
{
    if (const auto prepared = prepare(); !prepared)
        return fail(prepared.error());
    const auto done = restore();
    if (!done)
        return fail(done.error());
    m_outcome.resumedEpoch = *done;
    m_outcome.epochs = m_info.epoch;
    m_context.progress.skip(*done * m_steps);
    if (*done == m_config.epochs)
        return m_outcome;
    if (const auto forgotten = m_context.log.forgetFrom(m_plan.fold, *done); !forgotten)
        return fail(forgotten.error());
    m_context.log.line("fold " + std::to_string(m_plan.fold) + ": " + std::to_string(m_plan.training.size()) +
                       " samples, epochs " + std::to_string(*done) + " to " + std::to_string(m_config.epochs - 1) +
                       ", " + m_context.mode.precisionName() + ", " + m_context.mode.memoryFormatName());
    if (*done == 0)
        startFromData();
    for (int epoch = *done; epoch < m_config.epochs; ++epoch) {
        if (const auto trained = trainOrExplain(epoch); !trained) {
            m_context.log.line(trained.error().message);
            return fail(trained.error());
        }
        watch(epoch);
        if (m_context.job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Training was stopped.");
        if (const auto saved = save(epoch + 1); !saved) {
            m_context.log.line(saved.error().message);
            return fail(saved.error());
        }
        m_outcome.epochs = epoch + 1;
        if (m_info.finished && epoch + 1 < m_config.epochs) {
            m_context.log.line("fold " + std::to_string(m_plan.fold) + ": ended after epoch " + std::to_string(epoch) +
                               ", " + std::to_string(m_config.earlyStop) + " in a row brought no " +
                               (m_config.bestByAccuracy ? "greater accuracy" : "smaller loss") +
                               " on the validation slice");
            m_context.progress.skip((m_config.epochs - epoch - 1) * m_steps);
            break;
        }
    }
    return m_outcome;
}

} // namespace

EpochSource epochSource(const TrainConfig &config, const TrainingPack &pack, std::span<const std::int64_t> labels)
{
    EpochSource source{{}, labels, pack.groups()};
    source.share = config.epochShare;
    if (!config.minority.copies.empty())
        for (const std::string &name : pack.classes()) {
            const auto copies = config.minority.copies.find(name);
            source.copies.push_back(copies == config.minority.copies.end() ? 0 : copies->second);
        }
    return source;
}

std::int64_t stepsPerEpoch(const FoldPlan &plan, EpochSource source, const TrainConfig &config)
{
    source.rows = plan.training;
    return (epochSize(config.sampler, source, config.batch) + config.batch - 1) / config.batch;
}

Result<FoldOutcome> trainFold(const FoldPlan &plan, const FoldContext &context)
{
    return Training(plan, context).run();
}

std::function<void(const ComputeMode &)> probeStep(const TrainConfig &config, const NetworkConfig &network)
{
    return [config, network](const ComputeMode &mode) {
        const auto made = makeNetwork(network);
        TORCH_CHECK(made, "the network was checked before");
        (*made)->train();
        place(**made, mode);
        const int size = std::min(config.batch, kProbeBatch);
        const auto &shape = (*made)->config();
        const bool paired = config.lambda > 0;
        const auto inputs =
            placed(torch::randn({size * (paired ? 2 : 1), shape.channels, shape.side, shape.side}), mode);
        const auto labels = torch::zeros({size}, torch::TensorOptions(mode.device).dtype(torch::kInt64));
        batchLoss(**made, inputs, labels, {.lambda = config.lambda}, mode).backward();
    };
}

Result<NetworkConfig> networkFor(const TrainConfig &config, const TrainingPack &pack)
{
    NetworkConfig network;
    network.name = config.network;
    network.classes = int(pack.classes().size());
    network.options = config.networkOptions;
    network.side = config.size;
    if (config.network == "eac-compact") {
        network.channels = pack.channels();
        if (network.side == 0)
            network.side = pack.side() >= 32 && pack.side() <= 128 ? pack.side() : 48;
    }
    const auto made = makeNetwork(network);
    if (!made) {
        std::string keys;
        for (const auto &key : TrainConfig::keys())
            keys += " " + key;
        return fail(made.error().code, made.error().message + " Keys of every network:" + keys + ".");
    }
    if (config.lambda > 0 && !(*made)->classifierWeight().defined())
        return fail(ErrorCode::Invalid, "--set lambda, the attention consistency, compares the class maps of a face "
                                        "with those of its mirror image, and network " +
                                            config.network +
                                            " has no class maps: leave lambda out, or train a network that has them, "
                                            "such as eac-resnet18 or thesis.");
    for (const auto &[name, copies] : config.minority.copies)
        if (std::find(pack.classes().begin(), pack.classes().end(), name) == pack.classes().end()) {
            std::string possible;
            for (const std::string &known : pack.classes())
                possible += (possible.empty() ? "" : ", ") + known;
            return fail(ErrorCode::Invalid, "--set minority_augment names the class \"" + name +
                                                "\", which is not among those that are learned: " + possible);
        }
    if ((*made)->config().classes < 2)
        return fail(ErrorCode::Invalid, pack.folder().string() + " has only one class: nothing can be learned from it");
    return (*made)->config();
}

Agreement agreementOf(std::span<const float> probabilities, std::span<const std::int64_t> labels, int classes)
{
    std::vector<double> judged;
    std::vector<std::int64_t> given;
    std::vector<std::int64_t> predicted;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        if (labels[row] < 0)
            continue;
        const auto p = probabilities.subspan(row * std::size_t(classes), std::size_t(classes));
        judged.insert(judged.end(), p.begin(), p.end());
        given.push_back(labels[row]);
        predicted.push_back(std::max_element(p.begin(), p.end()) - p.begin());
    }
    const auto metrics = classificationMetrics(confusionMatrix(given, predicted, classes), classes);
    const auto calibrated = calibration(judged, given, classes);
    return {metrics.accuracy, metrics.balancedAccuracy, metrics.macroF1,
            calibrated.nll,   calibrated.expectedError, std::int64_t(given.size())};
}

} // namespace mien
