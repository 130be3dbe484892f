#include "pipeline/export/export.h"

#include "pipeline/export/export_writer.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/import.h"
#include "pipeline/import/importer.h"
#include "pipeline/import/terms.h"
#include "pipeline/store/project.h"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <set>

namespace mien {

namespace {

struct Format
{
    ExportFormat listed;
    Result<> (*write)(ExportTask &);
};

constexpr std::array<Format, 4> formats = {{
    {{"class-folder", "Folders named after classes, split above them"}, writeClassFolders},
    {{"csv", "Table with given, current and soft labels, pictures beside it"}, writeCsv},
    {{"fer2013", "fer2013.csv: emotion, pixels, Usage"}, writeFer2013},
    {{"rafdb", "RAF-DB: EmoLabel/list_patition_label.txt and aligned faces"}, writeRafDb},
}};

std::string licencesText(const std::vector<ExportRow> &rows)
{
    std::set<std::string> sources;
    bool hasVotes = false;
    for (const ExportRow &row : rows) {
        sources.insert(row.origin.importer);
        hasVotes = hasVotes || (row.origin.importer == "fer2013.csv" && !row.sample.votes.empty());
    }
    const auto termsText = [](std::string_view id) {
        const Terms *const terms = termsNamed(id);
        return terms ? std::string(terms->title) + ": " + std::string(terms->text)
                     : std::string("No terms are known to Mien.");
    };
    std::string text = "Sources of this data set and reminders of their terms.\n" + std::string(termsReminder) + '\n';
    for (const std::string &source : sources) {
        const Importer *const importer = importerNamed(source);
        text += "\n" + source + "\n  " + termsText(importer ? importer->termsId() : "") + "\n";
    }
    if (hasVotes)
        text += "\nferplus.csv\n  " + termsText("ferplus") + "\n";
    return text;
}

/// The terms that hold for the pictures of these samples.
std::vector<std::string> termsOfPictures(const Project &project, const std::vector<ExportRow> &rows)
{
    std::set<std::string_view> ids;
    for (const ExportRow &row : rows) {
        const Importer *const importer = importerNamed(row.origin.importer);
        if (importer && !importer->termsId().empty())
            ids.insert(importer->termsId());
        else if (canJoinByContent(row.origin.importer) && !termsRecord(project, *termsNamed("fer2013")).shownAt.empty())
            ids.insert("fer2013"); // folders of any name may be copies of it
    }
    std::vector<std::string> restricting;
    for (const std::string_view id : ids)
        if (const Terms *const terms = termsNamed(id); terms && terms->restrictsMedia)
            restricting.emplace_back(id);
    return restricting;
}

std::string classesText(const std::vector<std::string> &classes, const std::map<std::string, std::string> &classFolders)
{
    nlohmann::ordered_json json;
    json["format"] = "mien-classes/1";
    json["classes"] = classes; // position = index
    if (!classFolders.empty())
        json["folders"] = nlohmann::json(classFolders);
    return json.dump(2) + '\n';
}

std::string reportText(const ExportReport &report, const ExportRequest &request)
{
    nlohmann::ordered_json json;
    json["format"] = "mien-export-report/1";
    json["exporter"] = report.format;
    json["samples"] = report.samples;
    json["filter"] = request.filter;
    json["snapshot"] = request.snapshot ? nlohmann::ordered_json(*request.snapshot) : nlohmann::ordered_json();
    json["media"] = nameOf(request.media);
    json["terms"] = nlohmann::ordered_json::array();
    for (const std::string &id : report.terms)
        json["terms"].push_back({{"id", id}, {"text", termsNamed(id)->notice()}});
    json["left_out"] = nlohmann::json(report.leftOut);
    json["skipped"] = nlohmann::ordered_json::array();
    for (const ExportReport::Skipped &skipped : report.skipped)
        json["skipped"].push_back({{"source", skipped.source}, {"reason", skipped.reason}});
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

} // namespace

std::string_view nameOf(MediaPolicy policy)
{
    switch (policy) {
    case MediaPolicy::Copy: return "copy";
    case MediaPolicy::HardLink: return "hardlink";
    case MediaPolicy::SymLink: return "symlink";
    case MediaPolicy::None: return "none";
    }
    return "copy";
}

std::optional<MediaPolicy> mediaPolicyNamed(std::string_view name)
{
    for (const MediaPolicy policy : mediaPolicies)
        if (nameOf(policy) == name)
            return policy;
    return std::nullopt;
}

std::span<const ExportFormat> exportFormats()
{
    static const auto listed = [] {
        std::array<ExportFormat, formats.size()> all;
        for (std::size_t i = 0; i < formats.size(); ++i)
            all[i] = formats[i].listed;
        return all;
    }();
    return listed;
}

Result<ExportReport> exportDataset(const Project &project, const ExportRequest &request, const Job &job)
{
    const auto start = std::chrono::steady_clock::now();
    const Format *format = nullptr;
    std::string known;
    for (const Format &each : formats) {
        if (each.listed.id == request.format)
            format = &each;
        known += (known.empty() ? "" : ", ") + std::string(each.listed.id);
    }
    if (!format)
        return fail(ErrorCode::Invalid,
                    "There is no export format \"" + request.format + "\"; known are " + known + ".");
    ExportReport report;
    report.format = request.format;
    const auto rows = exportRows(project, request, report);
    if (!rows)
        return fail(rows.error());
    if (rows->empty())
        return fail(ErrorCode::Invalid, "There is nothing to export: no sample matches" +
                                            (request.filter.empty() ? std::string() : " \"" + request.filter + "\"") +
                                            ".");
    const auto pixels = SamplePixels::open(project);
    if (!pixels)
        return fail(pixels.error());
    auto folder = ExportFolder::begin(request.out);
    if (!folder)
        return fail(folder.error());
    if (request.media != MediaPolicy::None || request.format != "csv")
        report.terms = termsOfPictures(project, *rows);
    ExportTask task{project, request, *rows, *pixels, *folder, report, job, {}, {}};
    if (const auto written = format->write(task); !written)
        return fail(written.error());
    if (report.samples == 0)
        return fail(ErrorCode::Invalid,
                    "None of the " + std::to_string(rows->size()) + " samples can be exported as " + request.format +
                        (report.skipped.empty()
                             ? report.leftOut.empty() ? std::string(".") : ": " + report.leftOut.begin()->first + "."
                             : ", first " + report.skipped.front().source + ": " + report.skipped.front().reason));
    for (const auto &[name, text] :
         {std::pair<std::string, std::string>("classes.json", classesText(task.classes, task.classFolders)),
          {"LICENSES.txt", licencesText(*rows)},
          {"export-report.json", reportText(report, request)}})
        if (const auto written = folder->write(name, text); !written)
            return fail(written.error());
    if (const auto finished = folder->finish(job); !finished)
        return fail(finished.error());
    report.out = request.out;
    report.files = folder->files();
    report.bytes = folder->bytes();
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace mien
