#include "pipeline/jobs/recipe_file.h"

#include "pipeline/import/byte_stream.h"

#include <algorithm>
#include <array>

namespace mien {

using nlohmann::json;

namespace {

constexpr const char *kFormat = "mien-recipe/1";
constexpr std::array kMembers{"format", "network", "recipe", "folds", "set"};

std::string textOf(const json &value)
{
    return value.is_string() ? value.get<std::string>() : value.dump();
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
    for (const auto &[key, value] : recipe["set"].items())
        if (!value.is_primitive() || value.is_null())
            return "gives " + key + " no number, text or switch";
    return {};
}

} // namespace

Result<RecipeFile> readRecipe(const std::filesystem::path &file)
{
    const auto bytes = wholeFile(file);
    if (!bytes)
        return fail(bytes.error());
    const json recipe = json::parse(bytes->begin(), bytes->end(), nullptr, false);
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

} // namespace mien
