#include "pipeline/export/export.h"
#include "pipeline/import/importer.h"
#include "studio/cli/command_table.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

namespace mien {

using nlohmann::json;

namespace {

int runFormats(Session &session)
{
    JsonLines &out = session.out();
    TextTable table({"name", "direction", "title"});
    std::int64_t count = 0;
    const auto add = [&](std::string_view name, const char *direction, std::string_view title) {
        if (out.isJson())
            out.row(json{{"name", name}, {"direction", direction}, {"title", title}});
        table.add({std::string(name), direction, std::string(title)});
        ++count;
    };
    for (const Importer *importer : importers())
        add(importer->id(), "import", importer->title());
    for (const ExportFormat &format : exportFormats())
        add(format.id, "export", format.title);
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
