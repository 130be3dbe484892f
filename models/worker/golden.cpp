#include "models/worker/golden.h"

#include "models/worker/fixture.h"
#include "models/worker/golden_checks.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace mien {
namespace {

const std::map<std::string, void (*)(Fixture &), std::less<>> &checks()
{
    static const std::map<std::string, void (*)(Fixture &), std::less<>> all{
        {"resnet_basic_block", checkBasicBlock},
        {"resnet_bottleneck", checkBottleneck},
        {"backbone_resnet18_pw1", checkResNet18},
        {"backbone_resnet50_pw1", checkResNet50},
        {"backbone_vgg19_pw1", checkVgg19},
        {"backbone_inception_v3_pw1", checkInceptionV3},
        {"backbone_efficientnetv2_b3_pw1", checkEfficientNetV2},
        {"backbone_resnet50v2_pw1", checkResNet50V2},
        {"native_keras_cnn_pw1", checkNativeKeras},
        {"native_torch_cnn_pw1", checkNativeTorch},
        {"vit_small_cls", checkSmallTransformer},
        {"vit_small_gap", checkSmallTransformer},
        {"backbone_vit_tiny_patch16_224_pw1", checkTransformerTrunk},
        {"mae_small", checkMaskedAutoencoder},
        {"sincos_pos_embed", checkSineCosine},
        {"qmask_vit_classifier", checkQueryMask},
        {"crossvit_cross_attention_block", checkCrossAttentionBlock},
        {"crossvit_small", checkCrossVit},
        {"visi_landmark_query", checkLandmarkQuery},
        {"explain_attention_rollout", checkAttentionRollout},
        {"eac_cam_consistency", checkEacConsistency},
        {"eac_full_pw1", checkEacNetwork},
        {"dan_cross_attention_head", checkCrossAttentionHead},
        {"dan_afn_fusion", checkDanFusion},
        {"dan_affinity_loss", checkAffinityLoss},
        {"dan_partition_loss", checkPartitionLoss},
        {"thesis_total_loss", checkThesisLoss},
        {"dan_full_pw1", checkDanNetwork},
        {"poster_window_cross_attention", checkWindowCrossAttention},
        {"poster_full_pw1", checkPosterNetwork},
        {"arbex_confidence", checkArbexConfidence},
        {"arbex_losses", checkArbexLosses},
        {"arbex_reliability_balancing", checkReliabilityBalancing},
        {"confident_learning", checkConfidentLearning},
        {"metrics", checkMetrics},
        {"image_resize", checkImageResize},
        {"explain_cam_gradcam", checkClassAttention},
        {"mtcnn_nets", checkMtcnnNetworks},
        {"mtcnn_helpers", checkMtcnnHelpers},
        {"mtcnn_pipeline", checkMtcnnPipeline},
        {"sam_adam", checkSamAdam},
        {"nadam", checkNadam},
    };
    return all;
}

std::string firstLine(const std::string &text)
{
    return text.substr(0, text.find('\n'));
}

void runCheck(void (*check)(Fixture &), const SafetensorsFile &file, GoldenOutcome &outcome)
{
    try {
        Fixture fixture(file);
        check(fixture);
        fixture.finish(outcome);
        return;
    } catch (const FixtureError &error) {
        outcome.message = error.reason;
    } catch (const c10::Error &error) { // shapes that do not fit each other
        outcome.message = firstLine(error.what_without_backtrace());
    } catch (const std::exception &error) {
        outcome.message = firstLine(error.what());
    }
    outcome.worstError = NAN;
    outcome.state = GoldenOutcome::State::Failed;
}

} // namespace

nlohmann::json GoldenOutcome::event() const
{
    nlohmann::json result{{"event", "golden"},      {"name", name},     {"kind", kind},
                          {"worst_error", nullptr}, {"limit", nullptr}, {"ok", nullptr}};
    if (state == State::NotBuilt)
        return result;
    result["ok"] = state == State::Passed;
    if (compared > 0) {
        if (std::isfinite(worstError))
            result["worst_error"] = worstError;
        result["limit"] = limit;
        result["tensor"] = tensor;
        result["compared"] = compared;
    }
    if (!message.empty())
        result["message"] = message;
    return result;
}

int GoldenReport::count(GoldenOutcome::State state) const
{
    return int(std::count_if(outcomes.begin(), outcomes.end(), [&](const auto &o) { return o.state == state; }));
}

int GoldenReport::exitStatus() const
{
    if (count(GoldenOutcome::State::Failed) > 0)
        return 1;
    return count(GoldenOutcome::State::NotBuilt) > 0 ? 3 : 0;
}

GoldenOutcome checkFixture(const std::filesystem::path &path)
{
    GoldenOutcome outcome;
    outcome.name = path.stem().string();
    const auto file = SafetensorsFile::open(path);
    if (!file) {
        outcome.message = file.error().message;
        return outcome;
    }
    const auto kind = file->metadata().find("kind");
    if (kind == file->metadata().end()) {
        outcome.message = path.string() + " does not say in its metadata what kind of fixture it is.";
        return outcome;
    }
    outcome.kind = kind->second;
    if (outcome.kind == "weights") {
        outcome.state = GoldenOutcome::State::Input;
    } else if (const auto check = checks().find(outcome.kind); check == checks().end()) {
        outcome.state = GoldenOutcome::State::NotBuilt;
    } else {
        runCheck(check->second, *file, outcome);
    }
    return outcome;
}

Result<GoldenReport> runGolden(const std::filesystem::path &folder, std::string_view filter, const EventSink &events,
                               const Job &job)
{
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".safetensors")
            files.push_back(at->path());
    if (error)
        return fail(ErrorCode::NotFound, "Cannot read the folder " + folder.string() + ": " + error.message() + ".");
    std::sort(files.begin(), files.end());

    GoldenReport report;
    for (const auto &file : files) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Checking the fixtures was stopped.");
        // The kind is inside the file; what the name alone does not match is read for it.
        const std::string stem = file.stem().string();
        if (stem.find(filter) == std::string::npos) {
            const auto opened = SafetensorsFile::open(file);
            if (!opened || !opened->metadata().contains("kind") ||
                opened->metadata().at("kind").find(filter) == std::string::npos)
                continue;
        }
        GoldenOutcome outcome = checkFixture(file);
        if (outcome.state == GoldenOutcome::State::Input)
            continue;
        events(outcome.event());
        report.outcomes.push_back(std::move(outcome));
    }
    if (report.outcomes.empty())
        return fail(ErrorCode::NotFound, "There is no fixture" +
                                             (filter.empty() ? "" : " named like \"" + std::string(filter) + "\"") +
                                             " in " + folder.string() + ".");
    return report;
}

} // namespace mien
