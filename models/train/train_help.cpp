#include "models/train/train_help.h"

#include <algorithm>
#include <iterator>

namespace mien {
namespace {

struct KeyHelp
{
    std::string_view key, help;
};

constexpr KeyHelp kHelp[] = {
    {"epochs", "how often every face is trained"},
    {"batch", "faces that one step learns from; fewer need less memory, more make steadier steps"},
    {"size", "side of the network's input in pixels; 0: as the network has it"},
    {"lr", "learning rate at its greatest; a tenth where the loss jumps or is no number, more where it hardly falls"},
    {"optimizer", "how a step follows the gradient: adamw learns quickly from scratch, sgd as many papers do it"},
    {"momentum", "how long sgd remembers the steps before"},
    {"beta2", "how long adam, adamw and nadam remember how large gradients were"},
    {"eps", "adam, adamw and nadam: keeps steps small where gradients are next to nothing; Keras uses 1e-7"},
    {"weight_decay", "pull of the weights towards 0, against learning by heart"},
    {"sampler",
     "which faces an epoch sees: each once (uniform), every class as often (balanced), 500 of a class and at "
     "most 512 of a video (refined)"},
    {"class_weights", "what a face of a rare class counts in the loss: as any (none), more (balanced; keras as in the "
                      "slides)"},
    {"initial_match", "what the weights to start from must have: those that meet are taken (matching), or all of them "
                      "must (strict)"},
    {"minority_augment", "copies of each face of a rare class in an epoch, varied anew each time"},
    {"minority_ops", "how copies are turned: a little, as faces are (upright), or by quarters, too (any)"},
    {"epoch_share",
     "part of the faces that one epoch trains, drawn anew for each; keeping and watching come more often"},
    {"accumulate", "batches whose gradients make one step: a large batch where memory holds a small one"},
    {"ema", "decay of a moving average of the weights, which is kept in their place; 0.999 steadies the end of a long "
            "training"},
    {"layer_decay", "learning rate of a layer by that of the one after it: below 1 early layers change less, for "
                    "weights that know faces"},
    {"freeze", "epochs at the beginning in which only the classifier is trained"},
    {"keep", "which network counts: that of the last epoch, or of the one that was best on the validation slice"},
    {"early_stop", "epochs in a row without a better one after which the training ends; 0: never"},
    {"best_by", "what makes an epoch the best: the least loss or the greatest accuracy of the validation slice"},
    {"augment", "how faces are varied: as the recipe has it (default), mirrored alone (flip), not at all (none)"},
    {"mirror", "probability of mirroring a face"},
    {"rotation", "degrees by which a face is turned at most, either way"},
    {"translation", "share of the side by which it is shifted at most"},
    {"zoom", "share by which it is enlarged or made smaller at most"},
    {"shear", "degrees by which what stands upright leans at most"},
    {"crop_padding", "pixels by which a window of the input's size may lie beside the face"},
    {"window_smallest", "least share of the picture that is cut out and enlarged to the whole"},
    {"window_largest", "greatest share of the picture that is cut out"},
    {"window_aspect", "how much wider than high, or higher than wide, that part may be"},
    {"moved", "probability of turning, shifting and cropping at all"},
    {"brightness", "how much brighter or darker a face may be"},
    {"contrast", "how much more or less contrast it may have"},
    {"saturation", "how much more or less colour it may have"},
    {"hue", "how far its colours may be turned, in shares of the circle"},
    {"noise", "probability of noise on a face"},
    {"noise_variance", "variance of that noise, of pixels of 0 to 255"},
    {"validation", "share of the faces that is held back to watch the training by"},
    {"precision", "what is computed in: fp32, or bf16 where the machine is quicker by it; auto measures"},
    {"schedule", "how the learning rate changes over the epochs"},
    {"gamma", "factor of the learning rate of the schedules exponential, step and plateau"},
    {"warmup", "epochs over which the schedule cosine rises to its learning rate"},
    {"step_every", "epochs after which the schedule step multiplies by gamma"},
    {"patience", "epochs without improvement that the schedule plateau waits"},
    {"min_lr", "learning rate below which the schedule plateau does not fall, and at which the schedule cosine ends"},
    {"plateau_mode", "what the schedule plateau watches: the loss (min) or the accuracy (max)"},
    {"clip", "greatest length of all gradients together; 0: no limit. 1 helps where the loss jumps"},
    {"clip_value", "greatest part of a gradient; 0: no limit"},
    {"sam", "radius in which a step looks for the worst weights nearby: flatter minima at twice the cost; 0: without"},
    {"label_smoothing", "share of a label that is spread over all classes, against overconfidence"},
    {"targets", "what is learned: the label, or the shares of the annotators' votes where there are some"},
    {"lambda",
     "weight of the attention consistency: a face and its mirror image are to be looked at alike; 0: without"},
    {"lambda_from", "epoch with which the consistency begins"},
    {"lambda_ramp", "epochs over which it rises to its weight"},
    {"pair", "second face of a pair: mirrored and erased by itself (independent), or exactly mirrored (shared)"},
    {"classify", "which faces of a pair learn the label: the first, as published, or both"},
    {"erasing", "probability of erasing a rectangle of the face"},
    {"erasing_smallest", "least share of the area that is erased"},
    {"erasing_largest", "greatest share of the area that is erased"},
};

} // namespace

std::string_view trainKeyHelp(std::string_view key)
{
    const auto *found =
        std::find_if(std::begin(kHelp), std::end(kHelp), [key](const KeyHelp &entry) { return entry.key == key; });
    return found == std::end(kHelp) ? std::string_view() : found->help;
}

} // namespace mien
