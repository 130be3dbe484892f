#include "pipeline/store/recipe_file.h"

#include "pipeline/store/atomic_file.h"
#include "pipeline/store/runs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace mien {

using nlohmann::json;

namespace {

constexpr const char *kFormat = "mien-recipe/1";
constexpr std::array kMembers{"format", "network", "recipe", "folds", "set"};

constexpr std::uintmax_t kMostBytes = 1 << 20;

std::string textOf(const json &value)
{
    return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The number or switch that a text stands for, where it reads the same when it is written; else the text.
json valueOf(const std::string &text)
{
    const json value = json::parse(text, nullptr, false);
    return (value.is_number() || value.is_boolean()) && value.dump() == text ? value : json(text);
}

/// What is wrong with it; empty: nothing.
std::string faultIn(const json &recipe)
{
    if (!recipe.is_object() || recipe.value("format", json()) != kFormat)
        return std::string("is not a recipe: it does not say \"format\": \"") + kFormat + "\"";
    for (const auto &[name, value] : recipe.items())
        if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
            return "has a member \"" + name + "\" that recipes do not have";
    if (!recipe.contains("network") || !recipe["network"].is_string())
        return "names no network";
    if (recipe.contains("recipe") && recipe["recipe"] != "quick" && recipe["recipe"] != "paper")
        return "has recipe " + recipe["recipe"].dump() + "; possible are quick and paper";
    if (recipe.contains("folds") && (!recipe["folds"].is_number_integer() || recipe["folds"].get<std::int64_t>() < 1 ||
                                     recipe["folds"].get<std::int64_t>() > 100))
        return "has folds " + recipe["folds"].dump() + "; possible are 1 to 100";
    if (!recipe.contains("set"))
        return {};
    if (!recipe["set"].is_object())
        return "has settings that are no object";
    for (const auto &[key, value] : recipe["set"].items()) {
        if (key.empty() || key.find('=') != std::string::npos)
            return "has a setting of the name \"" + key + "\"";
        if (!value.is_primitive() || value.is_null())
            return "gives " + key + " no number, text or switch";
    }
    return {};
}

} // namespace

Result<RecipeFile> readRecipe(const std::filesystem::path &file)
{
    std::error_code error; // what cannot be looked at is said by reading it
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
        return fail(ErrorCode::Invalid, file.string() + " is not a recipe: it is no file.");
    if (std::filesystem::file_size(file, error) > kMostBytes && !error)
        return fail(ErrorCode::Invalid, file.string() + " is not a recipe: it is larger than 1 MB.");
    const auto content = readFile(file);
    if (!content)
        return fail(content.error());
    const json recipe = json::parse(*content, nullptr, false);
    if (const std::string fault = faultIn(recipe); !fault.empty())
        return fail(ErrorCode::Invalid, file.string() + " " + fault + ".");
    RecipeFile read;
    read.network = recipe["network"].get<std::string>();
    if (recipe.contains("recipe"))
        read.recipe = recipe["recipe"].get<std::string>();
    if (recipe.contains("folds"))
        read.folds = recipe["folds"].get<std::int64_t>();
    if (recipe.contains("set"))
        for (const auto &[key, value] : recipe["set"].items())
            read.set[key] = textOf(value);
    return read;
}

Result<> writeRecipe(const std::filesystem::path &file, const RecipeFile &recipe)
{
    nlohmann::ordered_json written = {{"format", kFormat}, {"network", recipe.network}};
    if (recipe.recipe)
        written["recipe"] = *recipe.recipe;
    if (recipe.folds)
        written["folds"] = *recipe.folds;
    if (!recipe.set.empty()) {
        written["set"] = nlohmann::ordered_json::object();
        for (const auto &[key, value] : recipe.set)
            written["set"][key] = valueOf(value);
    }
    // What is typed or read may be no UTF-8; a file that people share is.
    return writeOutput(file, written.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

RecipeFile recipeOf(const RunRow &run)
{
    RecipeFile recipe{.network = run.network, .folds = run.folds, .set = {}};
    if (!run.recipe.empty())
        recipe.recipe = run.recipe;
    const json configuration = json::parse(run.configJson, nullptr, false);
    const json set = configuration.is_object() ? configuration.value("set", json::object()) : json::object();
    for (const auto &[key, value] : set.items())
        recipe.set[key] = textOf(value);
    return recipe;
}

} // namespace mien
