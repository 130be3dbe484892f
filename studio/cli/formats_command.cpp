#include "pipeline/export/export.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/import.h"
#include "pipeline/import/importer.h"
#include "pipeline/import/terms.h"
#include "pipeline/import/text_encoding.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

namespace mien {

using nlohmann::json;

namespace {

json choice(const char *name, std::vector<std::string> values, const std::string &standard, const char *help)
{
    return {{"name", name}, {"type", "choice"}, {"values", std::move(values)}, {"default", standard}, {"help", help}};
}

/// What `mien import` can be told about data of this form.
json importOptions(const Importer &described)
{
    const std::string_view importer = described.id();
    json options = json::array();
    for (const ImportOption &option : described.options()) {
        if (option.values.empty())
            options.push_back({{"name", option.name},
                               {"argument", "--set"},
                               {"type", "number"},
                               {"range", {0, 1}},
                               {"default", nullptr},
                               {"help", option.help}});
        else
            options.push_back({{"name", option.name},
                               {"argument", "--set"},
                               {"type", "choice"},
                               {"values", option.values},
                               {"default", option.values.front()},
                               {"help", option.help}});
    }
    if (importer == "fer2013.csv")
        options.push_back(
            {{"name", "votes"}, {"type", "file"}, {"default", nullptr}, {"help", "FER+ votes that belong to it"}});
    if (canJoinByContent(importer))
        options.push_back({{"name", "by-content"},
                           {"type", "file"},
                           {"default", nullptr},
                           {"help", "fer2013.csv that the pictures are copies of"}});
    if (importer == "class-folder" || importer == "video-folder" || importer == "manifest" ||
        importer == "rafdb.kaggle") {
        std::vector<std::string> tables;
        for (const CodeTable &table : codeTables())
            tables.emplace_back(table.id);
        json numbering = choice("numbering", tables, "", "Code table of numbered folders and labels");
        numbering["argument"] = "--numbering";
        options.push_back(std::move(numbering));
        options.push_back({{"name", "class"},
                           {"type", "NAME=CLASS"},
                           {"default", nullptr},
                           {"help", "What a folder or label stands for"}});
    }
    if (importer == "manifest")
        options.push_back(choice("encoding", textEncodings(), "", "Text that is neither UTF-8 nor Windows-1252"));
    return options;
}

/// The terms that an importer's data sets came with; null where none are known.
json termsOf(const Importer &described)
{
    const Terms *const terms = termsNamed(described.termsId());
    if (!terms)
        return nullptr;
    return {{"id", terms->id},
            {"title", terms->title},
            {"text", terms->notice()},
            {"restricts_media", terms->restrictsMedia}};
}

/// What `mien export` can be told; class folders and RAF-DB's layout are made of pictures.
json exportOptions(std::string_view format)
{
    if (format == "fer2013")
        return json::array();
    std::vector<std::string> media;
    for (const MediaPolicy policy : mediaPolicies)
        if (policy != MediaPolicy::None || format == "csv")
            media.emplace_back(nameOf(policy));
    const std::string standard = media.front();
    return json::array({choice("media", std::move(media), standard, "What happens to picture files")});
}

int runFormats(Session &session)
{
    JsonLines &out = session.out();
    TextTable table({"name", "direction", "title"});
    std::int64_t count = 0;
    const auto add = [&](std::string_view name, const char *direction, std::string_view title, const json &options,
                         const json &terms) {
        if (out.isJson())
            out.row(json{
                {"name", name}, {"direction", direction}, {"title", title}, {"options", options}, {"terms", terms}});
        table.add({std::string(name), direction, std::string(title)});
        ++count;
    };
    for (const Importer *importer : importers())
        add(importer->id(), "import", importer->title(), importOptions(*importer), termsOf(*importer));
    for (const ExportFormat &format : exportFormats())
        add(format.id, "export", format.title, exportOptions(format.id), nullptr);
    out.print(table.text());
    return out.done({{"rows", count}});
}

} // namespace

Command formatsCommand()
{
    return {.name = "formats", .summary = "What can be read and written", .declare = [](Options &) -> Action {
                return runFormats;
            }};
}

} // namespace mien
