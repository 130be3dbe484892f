#include "pipeline/flag/flag_inputs.h"

#include "models/io/npy.h"
#include "models/io/safetensors.h"
#include "models/score/attention_regions.h"
#include "models/score/confident_learning.h"
#include "pipeline/flag/nearest_labels.h"
#include "pipeline/flag/probability_table.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <unordered_set>

namespace mien {

namespace {

tl::unexpected<Error> bad(const std::string &name, const std::string &why)
{
    return fail(ErrorCode::Invalid, name + ": " + why);
}

/// Reads tensors of one file into members, remembering the first thing that is wrong.
class ScoreReader
{
public:
    ScoreReader(const SafetensorsFile &file, std::int64_t rows, std::int64_t classes)
        : m_file(file)
        , m_rows(rows)
        , m_classes(classes)
    {
    }

    template <typename T>
    void read(const char *tensor, bool perClass, bool needed, std::vector<T> &values)
    {
        const TensorView *found = m_file.find(tensor);
        if (!found && !needed)
            return;
        if (!found || found->dtype != dtypeOf<T>()) {
            note("there is no tensor \"" + std::string(tensor) + "\" of type " + std::string(mien::name(dtypeOf<T>())) +
                 ".");
            return;
        }
        const std::vector<std::int64_t> shape =
            perClass ? std::vector<std::int64_t>{m_rows, m_classes} : std::vector<std::int64_t>{m_rows};
        if (found->shape != shape)
            note("\"" + std::string(tensor) + "\" has another shape than " + std::to_string(m_rows) + " samples" +
                 (perClass ? " of " + std::to_string(m_classes) + " classes" : "") + " need.");
        else
            values = found->values<T>();
    }

    Result<> finish() const
    {
        if (m_problem.empty())
            return {};
        return bad(m_file.path().string(), m_problem);
    }

private:
    const SafetensorsFile &m_file;
    std::int64_t m_rows;
    std::int64_t m_classes;
    std::string m_problem;

    void note(std::string problem)
    {
        if (m_problem.empty())
            m_problem = std::move(problem);
    }
};

Result<std::vector<std::string>> classesOf(const SafetensorsFile &file)
{
    const auto entry = file.metadata().find("classes");
    if (entry == file.metadata().end())
        return bad(file.path().string(), "its metadata name no classes.");
    const auto json = nlohmann::json::parse(entry->second, nullptr, false);
    const auto isText = [](const nlohmann::json &item) { return item.is_string(); };
    if (!json.is_array() || json.empty() || !std::all_of(json.begin(), json.end(), isText))
        return bad(file.path().string(), "the classes in its metadata are no list of names.");
    return json.get<std::vector<std::string>>();
}

/// A sample that no network trained on has no in-sample probabilities: its own stand in, which adds nothing.
void fillInSample(FlagInputs &inputs)
{
    const std::size_t columns = inputs.classes.size();
    for (std::size_t i = 0; i < inputs.fold.size(); ++i)
        if (inputs.fold[i] < 0)
            for (std::size_t c = 0; c < columns; ++c)
                inputs.inSample[i * columns + c] = static_cast<float>(inputs.probabilities[i * columns + c]);
}

bool isTable(const std::filesystem::path &path)
{
    return path.extension() == ".csv" || path.extension() == ".CSV";
}

/// [N, L] of a file as rows that sum to 1.
Result<std::vector<double>> probabilityRows(const NpyArray &array)
{
    if (array.shape().size() != 2 || array.shape()[1] < 1)
        return bad(array.name(), "has the shape " + array.shapeText() + "; probabilities are [samples, classes].");
    const int classes = static_cast<int>(array.shape()[1]);
    if (const auto floats = array.asFloats(); !floats.empty()) {
        if (const auto checked = checkProbabilities(floats, classes, array.name()); !checked)
            return fail(checked.error());
        return normalizedRows(floats, classes);
    }
    if (!array.isFloat())
        return bad(array.name(), "holds values of the type " + array.descr() + "; probabilities are f4 or f8.");
    std::vector<double> copy;
    std::span<const double> values = array.asDoubles();
    if (values.empty() && array.count() > 0) {
        auto converted = array.doubles();
        if (!converted)
            return fail(converted.error());
        copy = std::move(*converted);
        values = copy;
    }
    if (const auto checked = checkProbabilities(values, classes, array.name()); !checked)
        return fail(checked.error());
    return normalizedRows(values, classes);
}

} // namespace

Result<FlagInputs> readRunScores(const std::filesystem::path &path)
{
    const auto file = SafetensorsFile::open(path);
    if (!file)
        return fail(file.error());
    FlagInputs inputs;
    inputs.name = path.string();
    const auto classes = classesOf(*file);
    if (!classes)
        return fail(classes.error());
    inputs.classes = *classes;
    const auto sample = file->values<std::int64_t>("sample");
    if (!sample)
        return fail(sample.error());
    inputs.sample = *sample;

    std::vector<float> probabilities;
    ScoreReader reader(*file, static_cast<std::int64_t>(inputs.sample.size()),
                       static_cast<std::int64_t>(inputs.classes.size()));
    reader.read("label", false, true, inputs.label);
    reader.read("fold", false, true, inputs.fold);
    reader.read("probabilities", true, true, probabilities);
    std::vector<std::uint8_t> heldOut;
    reader.read("held_out", false, false, heldOut);
    reader.read("in_sample", true, false, inputs.inSample);
    reader.read("neighbours", true, false, inputs.neighbours);
    reader.read("eac_inconsistency", true, false, inputs.eacInconsistency);
    reader.read("eac_spread", true, false, inputs.eacSpread);
    reader.read("eac_trust", true, false, inputs.eacTrust);
    reader.read("arbex_final", true, false, inputs.arbexFinal);
    reader.read("arbex_confidence", false, false, inputs.arbexConfidence);
    if (const auto read = reader.finish(); !read)
        return fail(read.error());
    if (file->find("attention_regions")) {
        auto shares = file->values<float>("attention_regions");
        if (!shares)
            return fail(shares.error());
        if (shares->size() != inputs.sample.size() * faceRegionNames.size())
            return bad(inputs.name, "attention_regions has " + std::to_string(shares->size()) + " values instead of " +
                                        std::to_string(inputs.sample.size() * faceRegionNames.size()) + ".");
        inputs.attentionRegions = std::move(*shares);
    }
    if (const auto checked = checkProbabilities(std::span<const float>(probabilities),
                                                static_cast<int>(inputs.classes.size()), inputs.name);
        !checked)
        return fail(checked.error());
    inputs.probabilities =
        normalizedRows(std::span<const float>(probabilities), static_cast<int>(inputs.classes.size()));

    std::set<std::int64_t> folds(inputs.fold.begin(), inputs.fold.end());
    folds.erase(-1);
    for (std::size_t i = 0; i < inputs.fold.size(); ++i)
        inputs.sawLabel.push_back(heldOut.empty() ? folds.size() == 1 && inputs.fold[i] >= 0 : heldOut[i] == 0);
    if (folds.size() < 2)
        inputs.inSample.clear();
    if (!inputs.inSample.empty())
        fillInSample(inputs);
    const auto text = [&](const char *key) {
        const auto found = file->metadata().find(key);
        return found == file->metadata().end() ? std::string() : found->second;
    };
    inputs.run = text("run");
    inputs.modelHash = text("model_hash");
    inputs.preprocessingHash = text("preprocessing_hash");
    if (const auto checked = checkFlagInputs(inputs); !checked)
        return fail(checked.error());
    return inputs;
}

Result<FlagInputs> readProbabilities(const std::filesystem::path &path, std::span<const SampleKey> samples,
                                     const std::vector<std::string> &classes,
                                     const std::function<int(const std::string &)> &resolve)
{
    if (isTable(path))
        return readProbabilityTable(path, samples, classes, resolve);

    const auto array = NpyArray::read(path);
    if (!array)
        return fail(array.error());
    auto rows = probabilityRows(*array);
    if (!rows)
        return fail(rows.error());
    if (array->shape()[0] != static_cast<std::int64_t>(samples.size()))
        return bad(path.string(), "has " + std::to_string(array->shape()[0]) + " rows; the project has " +
                                      std::to_string(samples.size()) +
                                      " samples. A CSV file keyed by id or source may name a part.");
    if (array->shape()[1] != static_cast<std::int64_t>(classes.size()))
        return bad(path.string(), "has " + std::to_string(array->shape()[1]) + " columns; the project has " +
                                      std::to_string(classes.size()) + " classes.");
    FlagInputs inputs;
    inputs.name = path.string();
    inputs.classes = classes;
    inputs.probabilities = std::move(*rows);
    for (const SampleKey &key : samples) {
        inputs.sample.push_back(key.id);
        inputs.label.push_back(key.label);
    }
    return inputs;
}

Result<FlagInputs> readProbabilitiesAndLabels(const std::filesystem::path &probabilities,
                                              const std::filesystem::path &labels)
{
    if (isTable(probabilities))
        return bad(probabilities.string(), "is CSV, whose rows are keyed by the id or source of a sample: that needs a "
                                           "project (-p). Without one, with --labels, probabilities are .npy [N, L].");
    if (isTable(labels))
        return bad(labels.string(), "is CSV; without a project labels are .npy [N], whole numbers.");
    const auto array = NpyArray::read(probabilities);
    if (!array)
        return fail(array.error());
    const auto given = NpyArray::read(labels);
    if (!given)
        return fail(given.error());
    auto rows = probabilityRows(*array);
    if (!rows)
        return fail(rows.error());
    FlagInputs inputs;
    inputs.name = probabilities.string();
    auto values = given->integers();
    if (!values)
        return fail(values.error());
    inputs.label = std::move(*values);
    const bool flat = given->shape().size() == 1 || (given->shape().size() == 2 && given->shape()[1] == 1);
    if (!flat || given->shape()[0] != array->shape()[0])
        return bad(labels.string(), "has the shape " + given->shapeText() + "; " + probabilities.string() + " has " +
                                        std::to_string(array->shape()[0]) + " rows, so (" +
                                        std::to_string(array->shape()[0]) + ",) is needed.");
    const int classes = static_cast<int>(array->shape()[1]);
    if (const auto checked = checkLabels(inputs.label, classes, labels.string()); !checked)
        return fail(checked.error());
    inputs.probabilities = std::move(*rows);
    inputs.sample.resize(inputs.label.size());
    std::iota(inputs.sample.begin(), inputs.sample.end(), 0);
    for (int c = 0; c < classes; ++c)
        inputs.classes.push_back(std::to_string(c));
    return inputs;
}

Result<> readNeighbours(const std::filesystem::path &features, FlagInputs &inputs, const Job &job)
{
    const auto array = NpyArray::read(features);
    if (!array)
        return fail(array.error());
    if (array->shape().size() != 2 || array->shape()[0] != static_cast<std::int64_t>(inputs.label.size()))
        return bad(features.string(), "has the shape " + array->shapeText() + "; features are [" +
                                          std::to_string(inputs.label.size()) + ", dimensions], one row a row of " +
                                          inputs.name + ".");
    const auto values = array->floats();
    if (!values)
        return fail(values.error());
    const auto columns = static_cast<std::size_t>(array->shape()[1]);
    for (std::size_t i = 0; i < values->size(); ++i)
        if (!std::isfinite((*values)[i]))
            return bad(features.string(), "row " + std::to_string(i / columns) +
                                              " (counted from 0) holds a value that is no finite number.");
    auto shares =
        nearestLabels(*values, static_cast<int>(columns), inputs.label, static_cast<int>(inputs.classes.size()), job);
    if (!shares)
        return fail(shares.error());
    inputs.neighbours = std::move(*shares);
    return {};
}

Result<> checkFlagInputs(const FlagInputs &inputs)
{
    const std::size_t count = inputs.label.size();
    const std::size_t cells = count * inputs.classes.size();
    if (inputs.classes.empty())
        return bad(inputs.name, "there are no classes.");
    if (inputs.sample.size() != count || inputs.probabilities.size() != cells ||
        (!inputs.fold.empty() && inputs.fold.size() != count) ||
        (!inputs.sawLabel.empty() && inputs.sawLabel.size() != count))
        return bad(inputs.name, "probabilities, labels, folds and samples differ in number.");
    for (std::size_t i = 0; i < count; ++i)
        if (inputs.label[i] < -1 || inputs.label[i] >= static_cast<std::int64_t>(inputs.classes.size()))
            return bad(inputs.name, "row " + std::to_string(i) + " (counted from 0) has the label " +
                                        std::to_string(inputs.label[i]) + "; there are " +
                                        std::to_string(inputs.classes.size()) + " classes.");
    if (std::unordered_set<std::int64_t>(inputs.sample.begin(), inputs.sample.end()).size() != count)
        return bad(inputs.name, "a sample occurs twice.");
    if (const auto checked = checkProbabilities(std::span<const double>(inputs.probabilities),
                                                static_cast<int>(inputs.classes.size()), inputs.name);
        !checked)
        return checked;
    if (inputs.eacTrust.empty() != inputs.eacInconsistency.empty() ||
        inputs.arbexFinal.empty() != inputs.arbexConfidence.empty())
        return bad(inputs.name, "half of the EAC or ARBEx scores are missing.");
    const struct
    {
        const char *what;
        const std::vector<float> &values;
        std::size_t size;
    } parts[] = {{"in_sample", inputs.inSample, cells},
                 {"neighbours", inputs.neighbours, cells},
                 {"eac_inconsistency", inputs.eacInconsistency, cells},
                 {"eac_spread", inputs.eacSpread, cells},
                 {"eac_trust", inputs.eacTrust, cells},
                 {"arbex_final", inputs.arbexFinal, cells},
                 {"arbex_confidence", inputs.arbexConfidence, count}};
    for (const auto &part : parts) {
        if (!part.values.empty() && part.values.size() != part.size)
            return bad(inputs.name, std::string(part.what) + " has " + std::to_string(part.values.size()) +
                                        " values instead of " + std::to_string(part.size) + ".");
        for (std::size_t i = 0; i < part.values.size(); ++i)
            if (!std::isfinite(part.values[i]))
                return bad(inputs.name, std::string(part.what) + " of row " + std::to_string(i / (part.size / count)) +
                                            " (counted from 0) is no finite number.");
    }
    return {};
}

} // namespace mien
