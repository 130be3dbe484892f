#include "pipeline/import/rafdb_faces.h"

#include "pipeline/import/byte_stream.h"
#include "pipeline/import/file_facts.h"
#include "pipeline/import/media_folder.h"
#include "pipeline/import/record_reader.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/given_fields.h"

#include <cmath>
#include <map>
#include <optional>
#include <vector>

namespace mien {

namespace {

constexpr std::size_t byHand = 5;

using Line = std::vector<double>; ///< Empty where something in it is no number.

Line numbersIn(std::string_view text)
{
    Line numbers;
    while (!(text = trimmed(text)).empty()) {
        const std::string_view word = text.substr(0, text.find_first_of(" \t,"));
        double number = 0;
        if (!word.empty()) {
            if (!parseNumber(word, number) || !std::isfinite(number))
                return {};
            numbers.push_back(number);
        }
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return numbers;
}

/// Nothing where there is no such file. One that cannot be read has no lines.
std::optional<std::vector<Line>> linesOf(const std::filesystem::path &file)
{
    if (!fileFacts(file).exists)
        return std::nullopt;
    constexpr std::size_t mostBytes = 64 * 1024, mostLines = 1000;
    std::vector<Line> lines;
    std::string text = headOf(file, mostBytes).value_or("");
    for (std::string_view rest = text; !rest.empty() && lines.size() < mostLines;) {
        const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
        if (!trimmed(line).empty())
            lines.push_back(numbersIn(line));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return lines;
}

void takeBox(const std::filesystem::path &file, NewSample &sample, const ItemProblem &problem)
{
    const auto lines = linesOf(file);
    if (lines && lines->size() == 1 && lines->front().size() == 4) {
        const Line &edges = lines->front(); // x_min y_min x_max y_max
        if (edges[2] > edges[0] && edges[3] > edges[1]) {
            sample.box = BoxPx{edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1]};
            return;
        }
    }
    sample.flags.emplace_back("bad_box");
    problem("BAD_BOX", shown(file.filename()) + (lines ? " does not hold the four edges of a box" : " does not exist") +
                           "; the whole picture is the sample.");
}

/// The lines at the beginning that are points.
std::vector<double> pointsIn(const std::vector<Line> &lines)
{
    std::vector<double> points;
    for (const Line &line : lines) {
        if (line.size() != 2)
            break;
        points.insert(points.end(), line.begin(), line.end());
    }
    return points;
}

/// @return whether there was such a file
bool takeLandmarks(const std::filesystem::path &file, std::size_t count, NewSample &sample, const ItemProblem &problem)
{
    const auto lines = linesOf(file);
    if (!lines)
        return false;
    std::vector<double> points = pointsIn(*lines);
    if (points.size() == 2 * count) {
        sample.landmarkScheme = std::to_string(count);
        sample.landmarks = std::move(points);
    } else {
        problem("BAD_LANDMARKS", shown(file.filename()) + " holds " + std::to_string(points.size() / 2) +
                                     " landmarks instead of " + std::to_string(count) + "; they are left out.");
    }
    return true;
}

} // namespace

void takeRafDbFace(const std::filesystem::path &root, const RafDbLayout &layout, const std::string &stem,
                   NewSample &sample, const ItemProblem &problem)
{
    if (!layout.boxes.empty())
        takeBox(root / layout.boxes / (stem + "_boundingbox.txt"), sample, problem);
    constexpr std::size_t byProgram = 37;
    const bool isManual = !layout.manual.empty() &&
                          takeLandmarks(root / layout.manual / (stem + "_manu_attri.txt"), byHand, sample, problem);
    if (!isManual && !layout.automatic.empty())
        takeLandmarks(root / layout.automatic / (stem + "_auto_attri.txt"), byProgram, sample, problem);
}

void takeRafDbAttributes(const std::filesystem::path &root, const RafDbLayout &layout, const std::string &stem,
                         NewSample &sample, const ItemProblem &problem)
{
    const std::filesystem::path file = root / layout.manual / (stem + "_manu_attri.txt");
    const auto lines = linesOf(file);
    const auto attributes = judgedAttributes();
    std::map<std::string, double> judged;
    for (std::size_t i = 0; lines && i < attributes.size() && byHand + i < lines->size(); ++i) {
        const Line &line = (*lines)[byHand + i];
        if (line.size() == 1 && line[0] >= 0 && line[0] < double(attributes[i].words.size()) &&
            line[0] == std::floor(line[0]))
            judged.emplace(attributes[i].field, line[0]);
    }
    if (judged.size() == attributes.size())
        return sample.measures.merge(judged);
    problem("BAD_ATTRIBUTES",
            shown(file.filename()) +
                (lines ? " does not hold gender, race and age behind five landmarks" : " does not exist") +
                "; they are left out.");
}

} // namespace mien
