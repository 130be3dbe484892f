#include "models/train/train_config.h"
#include "models/worker/compute.h"
#include "studio/cli/command_table.h"
#include "studio/cli/compute_module.h"
#include "studio/cli/key_values.h"
#include "studio/cli/session.h"
#include "studio/cli/text_table.h"

#include <memory>

namespace mien {

using nlohmann::json;

namespace {

struct Wanted
{
    std::string network;
    std::vector<std::string> set;
    std::optional<std::int64_t> classes;
};

std::string shown(const json &value)
{
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : jsonText(value);
}

/// Rows of the computing module, as JSON lines or as a table of some of their fields.
int printRows(Session &session, const json &rows, const std::vector<std::string> &shownFields,
              json result = json::object())
{
    TextTable table(shownFields);
    for (const json &row : rows) {
        if (session.out().isJson())
            session.out().row(row);
        std::vector<std::string> cells;
        for (const std::string &field : shownFields)
            cells.push_back(shown(row.contains(field) ? row[field] : json()));
        table.add(cells);
    }
    session.out().print(table.text());
    result["rows"] = rows.size();
    return session.out().done(std::move(result));
}

int runNetworks(Session &session, const Wanted &wanted)
{
    JsonLines &out = session.out();
    const auto set = keyValues(wanted.set);
    if (!set)
        return out.wrongUsage(set.error().message);
    if (wanted.network.empty() && (!set->empty() || wanted.classes))
        return out.wrongUsage("--set and --classes need the NAME of a network.");
    const auto module = compute();
    if (!module)
        return out.failed(module.error());
    json config = json::object();
    if (!wanted.network.empty())
        config = {{"network", wanted.network}, {"set", *set}};
    if (wanted.classes)
        config["classes"] = *wanted.classes;
    const auto found = (*module)->run(
        "networks", config, [](const json &) {}, session.job());
    if (!found)
        return out.refused(found.error());
    const json rows = found->value("networks", json::array());
    json settings = json::array(); // of every training, whatever the network
    for (const TrainKey &key : TrainConfig::describedKeys())
        settings.push_back({{"name", key.name}, {"takes", key.takes}, {"help", key.help}});
    return printRows(session, rows, {"network", "kind", "input", "parameters", "title"}, {{"settings", settings}});
}

int runDevices(Session &session)
{
    JsonLines &out = session.out();
    const auto module = compute();
    if (!module)
        return out.failed(module.error());
    const auto found = (*module)->run(
        "devices", json::object(), [](const json &) {}, session.job());
    if (!found)
        return out.failed(found.error());
    return printRows(session, found->value("devices", json::array()),
                     {"device", "kind", "name", "threads", "memory_mb"});
}

} // namespace

Command networksCommand()
{
    return {.name = "networks",
            .summary = "The networks there are, with their options",
            .declare = [](Options &options) -> Action {
                const auto wanted = std::make_shared<Wanted>();
                options.text("NAME", "NAME", wanted->network, "Only this one, with exactly these options");
                options.texts("--set", "KEY=VALUE", wanted->set, "An option of the network");
                options.whole("--classes", "L", wanted->classes, 0, 100'000,
                              "Number of classes; 0: without classifier");
                return [wanted](Session &session) { return runNetworks(session, *wanted); };
            }};
}

Command devicesCommand()
{
    return {.name = "devices", .summary = "What can compute here", .declare = [](Options &) -> Action {
                return runDevices;
            }};
}

} // namespace mien
