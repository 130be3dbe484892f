#pragma once

#include "models/io/safetensors.h"

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mien {

struct GoldenOutcome;

/// Thrown where a fixture does not hold what its kind needs; caught by checkFixture().
struct FixtureError
{
    std::string reason;
};

/// Deterministic tensor of whole-network fixtures (`models.md` 0.10, PW1).
torch::Tensor proceduralTensor(const std::string &salt, const std::string &name, const std::vector<std::int64_t> &shape,
                               double a, double b);

/// One golden fixture while it is checked: hands out inputs and weights, compares outputs, and in the end demands that
/// every tensor of the file was one or the other.
class Fixture
{
public:
    /// How far outputs may be off; gradients and integers have their own limits.
    enum class Precision { Module, Network, Double };

    explicit Fixture(const SafetensorsFile &file);

    void setPrecision(Precision precision) { m_precision = precision; }

    std::filesystem::path folder() const { return m_file.path().parent_path(); } ///< Where the file lies.

    bool has(const std::string &name) const; ///< Stored or procedural.
    std::vector<std::string> names() const;  ///< Stored and procedural, sorted.
    std::vector<std::int64_t> shape(const std::string &name) const;

    /// One dimension of a tensor that has to have it.
    std::int64_t side(const std::string &name, std::size_t axis) const;

    torch::Tensor tensor(const std::string &name);   ///< An input or weight; must be there.
    torch::Tensor optional(const std::string &name); ///< Undefined when it is not there.

    bool hasOption(const std::string &key) const { return m_file.metadata().contains(key); }
    std::string option(const std::string &key, const std::string &otherwise) const;
    double number(const std::string &key, double otherwise) const; ///< Metadata; must be a number when it is there.
    /// Metadata: numbers separated by commas, in brackets or without; empty when it is not there.
    /// @param count  how many there must be; 0: any
    std::vector<double> numbers(const std::string &key, std::size_t count = 0) const;

    /// Copies `prefix` + name into every parameter and buffer, and gives the module the weights' floating-point type.
    /// Only `num_batches_tracked` may be missing.
    void load(torch::nn::Module &module, const std::string &prefix = {});

    /// Compares when the file holds such a tensor.
    void expect(const std::string &name, const torch::Tensor &ours);
    /// The same for what costs something to compute.
    void expect(const std::string &name, const std::function<torch::Tensor()> &ours);
    /// Compares tensors whose last dimension has as many columns as there are limits, each column by its own.
    void expectColumns(const std::string &name, const torch::Tensor &ours, const std::vector<double> &limits);
    /// `grad.<name>` for a leaf that has been through backward(); a leaf nothing reached has gradient 0.
    void expectGradient(const std::string &name, const torch::Tensor &leaf);
    /// expectGradient for every parameter of a module.
    void expectGradients(const torch::nn::Module &module);
    /// Where the file holds `gradient`: sends it backward from an output, then expectGradient() of the leaves by their
    /// names and expectGradients() of the module.
    void expectBackward(const std::string &gradient, const torch::Tensor &output,
                        const std::vector<std::pair<std::string, torch::Tensor>> &leaves,
                        const torch::nn::Module &module);

    /// Fails the fixture on tensors that were neither used nor compared, or when nothing was compared.
    void finish(GoldenOutcome &outcome);

private:
    struct Procedural
    {
        std::vector<std::int64_t> shape;
        double a = 0, b = 0;
    };

    void readProcedural();
    double limitFor(const std::string &name, const torch::Tensor &stored) const;
    bool sameShape(const std::string &name, const torch::Tensor &stored, const torch::Tensor &ours);
    void compare(const std::string &name, const torch::Tensor &stored, const torch::Tensor &ours, double limit);
    void refuse(std::string reason);

    const SafetensorsFile &m_file;
    Precision m_precision = Precision::Module;
    std::string m_salt;
    std::map<std::string, Procedural> m_procedural;
    std::set<std::string> m_used;
    int m_compared = 0;
    double m_worstRatio = -1, m_worstError = 0, m_worstLimit = 0;
    std::string m_worstTensor;
    std::string m_failure; ///< The first one.
};

} // namespace mien
