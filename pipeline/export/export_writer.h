#pragma once

#include "models/base/job.h"
#include "pipeline/export/export_folder.h"
#include "pipeline/export/export_rows.h"

#include <map>
#include <string>
#include <vector>

namespace mien {

/// What a format's writer works on.
struct ExportTask
{
    const Project &project;
    const ExportRequest &request;
    const std::vector<ExportRow> &rows;
    const SamplePixels &pixels;
    ExportFolder &folder;
    ExportReport &report;
    const Job &job;

    /// Classes in the order the format numbers them; written to classes.json.
    std::vector<std::string> classes;
    std::map<std::string, std::string> classFolders; ///< Folder -> class; importing the folders reads it again.
};

/// root/[split/]class/picture. Samples without a class go to folders named after their state ("_unlabeled").
Result<> writeClassFolders(ExportTask &task);
/// manifest.csv with one row a sample (given, current and soft labels) and the pictures beside it. Its pixel_sha256 is
/// of the decoded pixels: 8 bit, upright, row by row, red, green and blue side by side, grey ones once; empty where
/// they cannot be read.
Result<> writeCsv(ExportTask &task);
/// clips.csv: fold, subject, native label, part, path, rotation and duration of the videos that the rows are frames of;
/// nothing where there are none.
Result<> writeClipTable(ExportTask &task);
/// RAF-DB's layout: EmoLabel/list_patition_label.txt and Image/aligned/<name>_aligned.jpg. Its seven classes in train
/// and test; pictures of RAF-DB keep their names.
Result<> writeRafDb(ExportTask &task);
/// fer2013.csv: emotion,pixels,Usage.
Result<> writeFer2013(ExportTask &task);

} // namespace mien
