#include "pipeline/store/samples.h"
#include "studio/cli/command_table.h"
#include "studio/cli/sample_lines.h"

#include <memory>

namespace mien {

namespace {

struct Wanted
{
    std::string filter;
    std::string sort = "id";
    std::string fields = "id,source,given,label,state,split,subject,predicted,suspicion,votes,reviewed";
    std::string format = "csv";
    std::optional<std::int64_t> limit;
};

int runList(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto fields = sampleFieldsNamed(wanted.fields);
    if (!fields)
        return out.wrongUsage("--fields: " + fields.error().message);
    const auto project = session.openProject(Project::Access::Read);
    if (!project)
        return out.failed(project.error());
    SampleOrder order{.key = wanted.sort};
    if (order.key.starts_with('-'))
        order = {order.key.substr(1), true};
    const auto ids = samplesMatching(*project, wanted.filter, order, wanted.limit);
    if (!ids)
        return ids.error().code == ErrorCode::Invalid ? out.wrongUsage(ids.error().message) : out.failed(ids.error());
    return printSamples(session, *project, *ids, *fields, out.isJson() || wanted.format == "jsonl");
}

} // namespace

Command listCommand()
{
    return {.name = "list", .summary = "Samples as rows", .needs = Command::Needs::Project,
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("--filter", "EXPR", wanted->filter, "Only what matches, e.g. 'label:fear suspicion>0.8'");
                options.text("--sort", "KEY", wanted->sort, "Order by a field; -KEY: from high to low (id)");
                std::string known;
                for (const SampleField &field : sampleFields())
                    known += (known.empty() ? "" : ",") + field.name;
                options.text("--fields", "A,B,C", wanted->fields, "Columns, of: " + known);
                options.choice("--format", wanted->format, {"csv", "jsonl"}, "csv or one JSON object a line");
                options.whole("--limit", "N", wanted->limit, 0, INT64_MAX, "At most this many rows");
                return [wanted](Session &session) { return runList(session, *wanted); };
            }};
}

} // namespace mien
