#include "models/losses/arbex.h"
#include "models/losses/cross_entropy.h"
#include "models/networks/reliability_balancing.h"
#include "models/worker/golden_checks.h"

#include <charconv>
#include <optional>

namespace mien {
namespace {

/// Widths of the linear layers of `classifier.net`: its weights of two dimensions, by layer number, but the last.
std::vector<int> hiddenWidths(const Fixture &fixture)
{
    const std::string prefix = "classifier.net.";
    std::map<int, int> widths;
    for (const std::string &name : fixture.names()) {
        if (!name.starts_with(prefix) || !name.ends_with(".weight") || fixture.shape(name).size() != 2)
            continue;
        int layer = 0;
        if (std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer).ec == std::errc())
            widths[layer] = int(fixture.shape(name)[0]);
    }
    std::vector<int> result;
    for (const auto &[layer, width] : widths)
        result.push_back(width);
    if (result.empty())
        throw FixtureError{"there is no classifier"};
    result.pop_back();
    return result;
}

void expectScores(Fixture &fixture, const torch::Tensor &final, const torch::Tensor &labels)
{
    const torch::Tensor index = labels.unsqueeze(1);
    const torch::Tensor given = final.gather(1, index).squeeze(1);
    const torch::Tensor best = final.scatter(1, index, -1.0).amax(1);
    fixture.expect("derived.confidence_final", confidence(final).squeeze(1));
    fixture.expect("derived.corrected_label", final.argmax(1));
    fixture.expect("derived.p_given_label", given);
    fixture.expect("derived.noise_score", 1 - (given - best + 1) / 2);
}

} // namespace

void checkArbexConfidence(Fixture &fixture)
{
    const std::string prefix = "input.";
    for (const std::string &name : fixture.names()) {
        if (!name.starts_with(prefix))
            continue;
        const torch::Tensor p = fixture.tensor(name);
        const std::string stem = name.substr(prefix.size());
        const std::string output = stem == "prob" ? "output." : "output." + stem + "_";
        for (const auto &[what, value] :
             {std::pair("normalized_entropy", normalisedEntropy(p)), std::pair("confidence", confidence(p))})
            if (fixture.has(output + what)) // one number a row, stored as [N] or [N, 1]
                fixture.expect(output + what, fixture.shape(output + what).size() == 1 ? value.squeeze(1) : value);
    }
}

void checkArbexLosses(Fixture &fixture)
{
    std::optional<std::int64_t> width;
    if (fixture.hasOption("dim_emb"))
        width = std::int64_t(fixture.number("dim_emb", 0));
    if (fixture.has("input.anchors")) {
        torch::Tensor anchors = fixture.tensor("input.anchors").requires_grad_();
        if (!width)
            width = anchors.size(2);
        const torch::Tensor loss = anchorLoss(anchors);
        fixture.expect("output.anchor_loss", loss);
        loss.backward();
        fixture.expectGradient("anchors", anchors);
        fixture.expect("paper.anchor_pair_sum", anchorPairSum(anchors));
    }
    const torch::Tensor labels = fixture.optional("input.labels");
    if (fixture.has("input.distances")) {
        torch::Tensor distances = fixture.tensor("input.distances").requires_grad_();
        torch::Tensor certainty = fixture.tensor("input.confidence").requires_grad_();
        if (!labels.defined() || !width)
            throw FixtureError{"the center loss needs labels and the embedding's width"};
        const torch::Tensor loss = centerLoss(distances, certainty, labels, *width);
        fixture.expect("output.center_loss", loss);
        loss.backward();
        fixture.expectGradient("distances", distances);
        fixture.expectGradient("confidence", certainty);
    }
    if (fixture.has("input.prob")) {
        torch::Tensor p = fixture.tensor("input.prob").requires_grad_();
        if (!labels.defined())
            throw FixtureError{"the distribution loss needs labels"};
        const torch::Tensor loss = distributionLoss(p, labels, fixture.optional("input.class_weights"),
                                                    WeightedMean::BySumOfWeights, fixture.number("label_smoothing", 0));
        fixture.expect("output.dist_loss", loss);
        loss.backward();
        fixture.expectGradient("prob", p);
    }
}

void checkReliabilityBalancing(Fixture &fixture)
{
    ReliabilityOptions options;
    options.classes = int(fixture.side("anchors.anchors", 0));
    options.anchors = int(fixture.side("anchors.anchors", 1));
    options.width = int(fixture.side("anchors.anchors", 2));
    options.hidden = hiddenWidths(fixture);
    options.heads = int(fixture.number("num_heads", 0));
    options.delta = fixture.number("delta", 1);
    options.temperature = fixture.number("temperature", 1);
    const double trust = fixture.number("trust", 1);

    ReliabilityBalancing head(options);
    fixture.load(head);
    head.eval();
    torch::Tensor embedding = fixture.tensor("input.embedding").requires_grad_();
    const torch::Tensor labels = fixture.tensor("input.labels");

    const ReliabilityViews batch = head.forward(embedding, AttentionScope::Batch);
    fixture.expect("output.logits", batch.logits);
    fixture.expect("output.primary", batch.primary);
    fixture.expect("output.conf_primary", batch.primaryConfidence);
    fixture.expect("output.distances", batch.distances);
    fixture.expect("output.similarities", batch.similarities);
    fixture.expect("output.anchor_correction", batch.anchorCorrection);
    fixture.expect("output.conf_anchor", batch.anchorConfidence);
    fixture.expect("output.attention_projection", batch.attentionProjection);
    fixture.expect("output.attentive_correction_batch", batch.attentiveCorrection);
    fixture.expect("output.conf_attentive_batch", batch.attentiveConfidence);
    fixture.expect("output.correction", batch.correction);

    const torch::Tensor fused = trainingFusion(batch.primary, batch.primaryConfidence, batch.correction, trust);
    fixture.expect("output.final_code", fused);
    const torch::Tensor classification =
        distributionLoss(fused, labels, fixture.optional("input.class_weights"), WeightedMean::BySumOfWeights,
                         fixture.number("label_smoothing", 0));
    const torch::Tensor anchor = anchorLoss(head.anchors());
    const torch::Tensor center = centerLoss(batch.distances, batch.primaryConfidence, labels, options.width);
    const torch::Tensor total = classification + trust * (fixture.number("lambda_anchor", 1) * anchor +
                                                          fixture.number("lambda_center", 1) * center);
    fixture.expect("output.loss_cls", classification);
    fixture.expect("output.loss_anchor", anchor);
    fixture.expect("output.loss_center", center);
    fixture.expect("output.loss_total", total);
    total.backward();
    fixture.expectGradient("embedding", embedding);
    for (const auto &parameter : head.named_parameters())
        fixture.expectGradient(parameter.key() == "anchors.anchors" ? "anchors" : parameter.key(), parameter.value());
    fixture.expectGradients(head);

    const torch::NoGradGuard noGradient;
    const ReliabilityViews alone = head.forward(embedding, AttentionScope::Sample);
    const torch::Tensor final = alone.final();
    fixture.expect("paper.attention_projection_sample", alone.attentionProjection);
    fixture.expect("paper.attentive_correction_sample", alone.attentiveCorrection);
    fixture.expect("paper.conf_attentive_sample", alone.attentiveConfidence);
    fixture.expect("paper.correction", alone.correction);
    fixture.expect("paper.conf_correction", confidence(alone.correction));
    fixture.expect("paper.final", final);
    fixture.expect("paper.final_geometric_only", alone.finalFromAnchors());
    fixture.expect("paper.final_batch_scope", batch.final());
    expectScores(fixture, final, labels);
}

} // namespace mien
