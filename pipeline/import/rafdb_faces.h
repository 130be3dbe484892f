#pragma once

#include "pipeline/import/item_notes.h"
#include "pipeline/import/rafdb_layout.h"

#include <filesystem>

namespace mien {

/// Box and landmarks of an original picture of RAF-DB. What is not there is left out; BAD_BOX and BAD_LANDMARKS say
/// what is there and cannot be used. Five landmarks by hand come before 37 by a program.
/// @param stem  of the picture's name in the list: "train_00001"
void takeRafDbFace(const std::filesystem::path &root, const RafDbLayout &layout, const std::string &stem,
                   NewSample &sample, const ItemProblem &problem);

/// Gender, race and age of the person as annotators judged them, lines 6 to 8 of the file with the landmarks, as
/// measures "judged.gender", …; BAD_ATTRIBUTES says what cannot be used.
void takeRafDbAttributes(const std::filesystem::path &root, const RafDbLayout &layout, const std::string &stem,
                         NewSample &sample, const ItemProblem &problem);

} // namespace mien
