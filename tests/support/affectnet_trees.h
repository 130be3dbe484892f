#pragma once

#include <filesystem>
#include <string>

namespace mien::test {

/// "x0;y0;x1;y1;…" of `count` numbers.
std::string landmarkText(int count = 136);

/// AffectNet of the first release with every quirk its rows have: 17 rows in training.csv, 2 in validation.csv, 1 in
/// automatically_annotated.csv. @param nested  Manually_Annotated/Manually_Annotated_Images and a folder of lists, else
/// all of it directly in the root
void writeAffectNetCsv(const std::filesystem::path &root, bool nested);

/// The later release: train_set with five annotated ids of which two cannot be used, and one picture without any;
/// val_set with one id. @param split  false: one images folder beside one of annotations
void writeAffectNetNpy(const std::filesystem::path &root, bool split);

/// labels.csv over class folders: five rows that are good, one of a missing picture, one picture without a row.
void writeAffectNetKaggle(const std::filesystem::path &root);

/// train/0…7 and val/0…7 with `perClass` numbered pictures each.
void writeAffectNetConverted(const std::filesystem::path &root, int perClass);

} // namespace mien::test
