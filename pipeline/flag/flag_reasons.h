#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// Why a label is doubted. `value` and `typical` are what the texts below show; the studio words them in its language.
enum class ReasonKind {
    PredictsOther,   ///< "the model is 91 % sure of sadness": value = probability, cls = predicted
    DoubtsGiven,     ///< "the model gives happiness only 4 %": value = probability, cls = given
    Neighbours,      ///< "8 of 10 neighbours are sadness": value = share, cls = theirs
    ResistsLearning, ///< "even the networks that trained on it resist this label (12 %)": value = probability, cls =
                     ///< given
    Attention,       ///< "the mirrored face attends elsewhere (inconsistency 0.82, typical for happiness 0.31)"
    Corrected,       ///< "reliability balancing corrects it to sadness (confidence 0.61)": value = confidence
    ClassOftenWrong, ///< "about 41 % of the labels fear are wrong": value = share, cls = given
    // Facts of the project, which no score knows of.
    Voters,    ///< "7 of 10 annotators say sadness": value of typical votes, cls = what most of them say
    Duplicate, ///< "a picture that is nearly the same is labelled sadness": value pictures, cls = their label
};

std::string_view reasonKindName(ReasonKind kind); ///< "predicts_other", …: what is stored

struct Reason
{
    ReasonKind kind = ReasonKind::PredictsOther;
    int cls = -1; ///< Class index
    double value = 0;
    double typical = 0;  ///< Attention: median of the given class; Voters: all votes
    double strength = 0; ///< What it adds to the log-odds of a wrong label; only for the order
};

/// In English, for files and the terminal.
std::string reasonText(const Reason &reason, const std::vector<std::string> &classes);

} // namespace mien
