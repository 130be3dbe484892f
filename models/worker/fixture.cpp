#include "models/worker/fixture.h"

#include "models/io/torch_tensors.h"
#include "models/worker/golden.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>

namespace mien {
namespace {

constexpr std::int64_t kMaxProcedural = 400'000'000; // numbers in one tensor list; the largest network has 144 million

std::string text(torch::IntArrayRef shape)
{
    std::ostringstream out;
    out << shape;
    return out.str();
}

bool isFinite(const torch::Tensor &tensor)
{
    return !tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>();
}

/// Whether a name is what a pattern says, in which * stands for any characters.
bool matches(std::string_view pattern, std::string_view name)
{
    const auto star = pattern.find('*');
    if (star == std::string_view::npos)
        return pattern == name;
    if (!name.starts_with(pattern.substr(0, star)))
        return false;
    name.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    // Between two stars the first place that fits is as good as any.
    for (auto next = pattern.find('*'); next != std::string_view::npos; next = pattern.find('*')) {
        const auto found = name.find(pattern.substr(0, next));
        if (found == std::string_view::npos)
            return false;
        name.remove_prefix(found + next);
        pattern.remove_prefix(next + 1);
    }
    return name.ends_with(pattern);
}

/// Patterns of names that a file declares as not used: a JSON list, or words (of which those that are prose match no
/// name).
std::set<std::string> listedNames(const std::string &value)
{
    const auto parsed = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
    if (parsed.is_array()) {
        std::set<std::string> names;
        for (const auto &name : parsed)
            if (name.is_string())
                names.insert(name.get<std::string>());
        return names;
    }
    std::string words = value;
    for (char &c : words)
        if (c == ',' || c == ';')
            c = ' ';
    std::istringstream in(words);
    return {std::istream_iterator<std::string>(in), {}};
}

} // namespace

torch::Tensor proceduralTensor(const std::string &salt, const std::string &name, const std::vector<std::int64_t> &shape,
                               double a, double b)
{
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char c : salt + "/" + name)
        hash = (hash ^ c) * 0x100000001b3u;
    torch::Tensor result = torch::empty(shape, torch::kFloat32);
    float *values = result.data_ptr<float>();
    for (std::int64_t i = 0; i < result.numel(); ++i) {
        std::uint64_t z = hash + std::uint64_t(i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        const double r = double(z >> 40) * 0x1p-23 - 1;
        values[i] = float(r * a + b);
    }
    return result;
}

Fixture::Fixture(const SafetensorsFile &file)
    : m_file(file)
{
    readProcedural();
    for (const TensorView &tensor : file.tensors())
        if (!isFinite(toTorch(tensor)))
            throw FixtureError{"tensor \"" + tensor.name + "\" holds values that are not finite"};
}

void Fixture::readProcedural()
{
    if (!hasOption("pw1"))
        return;
    m_salt = option("pw1_salt", "");
    try {
        const auto list = nlohmann::json::parse(m_file.metadata().at("pw1"));
        std::int64_t total = 0;
        for (const auto &[name, entry] : list.items()) {
            Procedural tensor{entry.at(0).get<std::vector<std::int64_t>>(), entry.at(1).get<double>(),
                              entry.at(2).get<double>()};
            std::int64_t count = 1;
            for (const std::int64_t side : tensor.shape)
                if (side < 0 || __builtin_mul_overflow(count, side, &count))
                    throw FixtureError{"the procedural tensor \"" + name + "\" has an impossible shape"};
            if (count > kMaxProcedural || (total += count) > kMaxProcedural)
                throw FixtureError{"its procedural tensors are too large"};
            m_procedural.emplace(name, std::move(tensor));
        }
    } catch (const nlohmann::json::exception &) {
        throw FixtureError{"its metadata \"pw1\" is not an object of [shape, a, b]"};
    }
}

bool Fixture::has(const std::string &name) const
{
    return m_file.find(name) || m_procedural.contains(name);
}

std::vector<std::string> Fixture::names() const
{
    std::set<std::string> result;
    for (const TensorView &tensor : m_file.tensors())
        result.insert(tensor.name);
    for (const auto &[name, tensor] : m_procedural)
        result.insert(name);
    return {result.begin(), result.end()};
}

std::vector<std::int64_t> Fixture::shape(const std::string &name) const
{
    if (const TensorView *stored = m_file.find(name))
        return stored->shape;
    if (const auto procedural = m_procedural.find(name); procedural != m_procedural.end())
        return procedural->second.shape;
    throw FixtureError{"there is no tensor \"" + name + "\""};
}

std::int64_t Fixture::side(const std::string &name, std::size_t axis) const
{
    const auto sides = shape(name);
    if (axis >= sides.size())
        throw FixtureError{"\"" + name + "\" has " + std::to_string(sides.size()) + " dimensions, at least " +
                           std::to_string(axis + 1) + " are needed"};
    return sides[axis];
}

torch::Tensor Fixture::optional(const std::string &name)
{
    return has(name) ? tensor(name) : torch::Tensor();
}

torch::Tensor Fixture::tensor(const std::string &name)
{
    m_used.insert(name);
    if (const TensorView *stored = m_file.find(name))
        return toTorch(*stored);
    const auto procedural = m_procedural.find(name);
    if (procedural == m_procedural.end())
        throw FixtureError{"there is no tensor \"" + name + "\""};
    return proceduralTensor(m_salt, name, procedural->second.shape, procedural->second.a, procedural->second.b);
}

std::string Fixture::option(const std::string &key, const std::string &otherwise) const
{
    const auto found = m_file.metadata().find(key);
    return found == m_file.metadata().end() ? otherwise : found->second;
}

double Fixture::number(const std::string &key, double otherwise) const
{
    const auto found = m_file.metadata().find(key);
    if (found == m_file.metadata().end())
        return otherwise;
    char *end = nullptr;
    const double value = std::strtod(found->second.c_str(), &end);
    if (end == found->second.c_str() || *end != '\0' || !std::isfinite(value))
        throw FixtureError{"its metadata \"" + key + "\" is not a number"};
    return value;
}

std::vector<double> Fixture::numbers(const std::string &key, std::size_t count) const
{
    std::string text = option(key, "");
    if (text.empty())
        return {};
    const bool isBracketed = (text.front() == '[' && text.back() == ']') || (text.front() == '(' && text.back() == ')');
    if (isBracketed)
        text = text.substr(1, text.size() - 2);
    std::vector<double> all;
    std::istringstream list(text);
    for (std::string item; std::getline(list, item, ',');) {
        char *end = nullptr;
        all.push_back(std::strtod(item.c_str(), &end));
        while (std::isspace(static_cast<unsigned char>(*end)))
            ++end;
        if (end == item.c_str() || *end != '\0' || !std::isfinite(all.back()))
            throw FixtureError{"its metadata \"" + key + "\" is not a list of numbers"};
    }
    if (count > 0 && all.size() != count)
        throw FixtureError{"its metadata \"" + key + "\" is not a list of " + std::to_string(count) + " numbers"};
    return all;
}

void Fixture::load(torch::nn::Module &module, const std::string &prefix)
{
    const torch::NoGradGuard noGradient;
    std::map<std::string, torch::Tensor> weights;
    torch::Dtype dtype = torch::kFloat32;
    const auto take = [&](const std::string &name, const torch::Tensor &target) {
        if (!has(prefix + name)) {
            if (!name.ends_with("num_batches_tracked"))
                throw FixtureError{"the weight \"" + prefix + name + "\" is missing"};
            return;
        }
        const torch::Tensor weight = tensor(prefix + name);
        if (weight.sizes() != target.sizes())
            throw FixtureError{"the weight \"" + prefix + name + "\" has the shape " + text(weight.sizes()) +
                               " instead of " + text(target.sizes())};
        if (weight.scalar_type() == torch::kFloat64)
            dtype = torch::kFloat64;
        weights.emplace(name, weight);
    };
    for (const auto &item : module.named_parameters())
        take(item.key(), item.value());
    for (const auto &item : module.named_buffers())
        take(item.key(), item.value());
    module.to(dtype);
    for (auto &item : module.named_parameters())
        item.value().copy_(weights.at(item.key()));
    for (auto &item : module.named_buffers())
        if (const auto weight = weights.find(item.key()); weight != weights.end())
            item.value().copy_(weight->second);
}

void Fixture::expect(const std::string &name, const torch::Tensor &ours)
{
    const TensorView *stored = m_file.find(name);
    if (!stored)
        return;
    const torch::Tensor expected = toTorch(*stored);
    if (sameShape(name, expected, ours))
        compare(name, expected, ours, limitFor(name, expected));
}

void Fixture::expectColumns(const std::string &name, const torch::Tensor &ours, const std::vector<double> &limits)
{
    const TensorView *stored = m_file.find(name);
    if (!stored)
        return;
    const torch::Tensor expected = toTorch(*stored);
    if (!sameShape(name, expected, ours))
        return;
    if (expected.dim() < 1 || expected.size(-1) != std::int64_t(limits.size()))
        return refuse("\"" + name + "\" has not " + std::to_string(limits.size()) + " columns");
    for (std::size_t column = 0; column < limits.size(); ++column)
        compare(name, expected.select(-1, std::int64_t(column)), ours.select(-1, std::int64_t(column)), limits[column]);
}

void Fixture::expect(const std::string &name, const std::function<torch::Tensor()> &ours)
{
    if (m_file.find(name))
        expect(name, ours());
}

void Fixture::expectGradient(const std::string &name, const torch::Tensor &leaf)
{
    expect("grad." + name, leaf.grad().defined() ? leaf.grad() : torch::zeros_like(leaf));
}

void Fixture::expectGradients(const torch::nn::Module &module)
{
    for (const auto &item : module.named_parameters())
        expectGradient(item.key(), item.value());
}

void Fixture::expectBackward(const std::string &gradient, const torch::Tensor &output,
                             const std::vector<std::pair<std::string, torch::Tensor>> &leaves,
                             const torch::nn::Module &module)
{
    const torch::Tensor sent = optional(gradient);
    if (!sent.defined())
        return;
    output.backward(sent);
    for (const auto &[name, leaf] : leaves)
        expectGradient(name, leaf);
    expectGradients(module);
}

double Fixture::limitFor(const std::string &name, const torch::Tensor &stored) const
{
    if (!stored.is_floating_point())
        return 0;
    const double most = stored.numel() ? stored.abs().max().item<double>() : 0;
    if (name.starts_with("grad."))
        return 1e-4 * most + 1e-8;
    switch (m_precision) {
    case Precision::Network: return 1e-4 * most + 1e-6;
    case Precision::Double:
        if (stored.scalar_type() == torch::kFloat64)
            return 1e-9 * most + 1e-12;
        break;
    case Precision::Module: break;
    }
    return 2e-5 * most + 1e-6;
}

void Fixture::refuse(std::string reason)
{
    if (m_failure.empty())
        m_failure = std::move(reason);
}

bool Fixture::sameShape(const std::string &name, const torch::Tensor &stored, const torch::Tensor &ours)
{
    m_used.insert(name);
    ++m_compared;
    // A loss may be stored as a scalar or as a list of one.
    const bool bothScalars = stored.numel() == 1 && ours.numel() == 1 && stored.dim() <= 1 && ours.dim() <= 1;
    if (bothScalars || stored.sizes() == ours.sizes())
        return true;
    refuse("\"" + name + "\" has the shape " + text(stored.sizes()) + ", computed was " + text(ours.sizes()));
    return false;
}

void Fixture::compare(const std::string &name, const torch::Tensor &stored, const torch::Tensor &ours, double limit)
{
    const torch::Tensor expected = stored.detach().to(torch::kFloat64).flatten();
    const torch::Tensor computed = ours.detach().to(torch::kFloat64).flatten();
    double error = expected.numel() ? (expected - computed).abs().max().item<double>() : 0;
    if (!isFinite(computed))
        error = std::numeric_limits<double>::quiet_NaN();
    const double ratio = std::isnan(error) ? std::numeric_limits<double>::infinity()
                         : error == 0      ? 0
                         : limit == 0      ? std::numeric_limits<double>::max()
                                           : error / limit;
    if (ratio > m_worstRatio) {
        m_worstRatio = ratio;
        m_worstError = error;
        m_worstLimit = limit;
        m_worstTensor = name;
    }
    if (!(error <= limit)) {
        std::ostringstream reason;
        reason << "\"" << name << "\" is off by " << error << " where " << limit << " is allowed";
        refuse(reason.str());
    }
}

void Fixture::finish(GoldenOutcome &outcome)
{
    if (m_failure.empty() && m_compared == 0)
        m_failure = "it holds nothing to compare";
    const std::set<std::string> unused = listedNames(option("unused", ""));
    const auto isUnused = [&](const std::string &name) {
        return std::any_of(unused.begin(), unused.end(), [&](const auto &pattern) { return matches(pattern, name); });
    };
    for (const std::string &name : names())
        if (m_failure.empty() && !m_used.contains(name) && !isUnused(name))
            m_failure = "the tensor \"" + name + "\" is not one that this kind knows";
    outcome.worstError = m_worstError;
    outcome.limit = m_worstLimit;
    outcome.tensor = m_worstTensor;
    outcome.compared = m_compared;
    outcome.message = m_failure;
    outcome.state = m_failure.empty() ? GoldenOutcome::State::Passed : GoldenOutcome::State::Failed;
}

} // namespace mien
